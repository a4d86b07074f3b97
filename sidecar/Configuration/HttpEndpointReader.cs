namespace Sidecar.Configuration;

/// <summary>Reads kind HTTPEndpoint (dapr-contract.md 3.4).</summary>
internal static class HttpEndpointReader
{
    public static HttpEndpointDocument Read(YamlMember document)
    {
        document.KnownMembers("apiVersion", "kind", "metadata", "spec", "auth", "scopes");
        document["auth"].KnownMembers("secretStore");
        var spec = document["spec"];
        spec.KnownMembers("baseUrl", "headers", "clientTLS");
        var tls = spec["clientTLS"];
        tls.KnownMembers("rootCA", "certificate", "privateKey", "renegotiation");
        var name = document["metadata"]["name"].RequiredText();
        var baseUrl = spec["baseUrl"].RequiredText();
        if (baseUrl.Length > 0 && !IsHttp(baseUrl))
        {
            spec["baseUrl"].Error($"'{baseUrl}' is not an http or https URL");
        }

        if (tls["certificate"].IsPresent != tls["privateKey"].IsPresent)
        {
            tls[tls["certificate"].IsPresent ? "privateKey" : "certificate"].Error("is required: certificate and key go together");
        }

        var secretStore = document["auth"]["secretStore"].Text();
        var headers = spec["headers"].Items().Select(header =>
        {
            header.KnownMembers("name", "value", "secretKeyRef");
            return KeyValuePair.Create(header["name"].RequiredText(), Value(header, secretStore)!);
        }).ToList();
        return new HttpEndpointDocument(
            name,
            baseUrl,
            headers,
            Value(tls["rootCA"], secretStore),
            Value(tls["certificate"], secretStore),
            Value(tls["privateKey"], secretStore),
            secretStore,
            document.File,
            document["metadata"]["name"].FileLine);
    }

    private static bool IsHttp(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https";

    private static EndpointValue? Value(YamlMember holder, string? secretStore)
    {
        if (!holder.IsPresent)
        {
            return null;
        }

        var reference = holder["secretKeyRef"];
        if (!reference.IsPresent)
        {
            return new EndpointValue(holder["value"].TextOrJson(), null, holder.FileLine, holder.Path);
        }

        reference.KnownMembers("name", "key");
        var name = reference["name"].RequiredText();
        if (string.IsNullOrEmpty(secretStore))
        {
            reference.Error("needs auth.secretStore: there is no default secret store outside Kubernetes");
        }

        return new EndpointValue(
            "", new SecretReference(name, reference["key"].Text() is { Length: > 0 } key ? key : name), reference.FileLine, reference.Path);
    }
}
