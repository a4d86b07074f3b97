using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sidecar.Components;
using Sidecar.Components.Secrets;
using Sidecar.Configuration;
using Sidecar.Host;

namespace Sidecar.Invocation;

/// <summary>Services that have no sidecar: HTTPEndpoint resources by name, and URLs (dapr-contract.md 3.4, 7.1).</summary>
internal sealed class HttpEndpoints : IDisposable
{
    private readonly Dictionary<string, HttpEndpointChannel> _named = new(StringComparer.Ordinal);
    private readonly HttpEndpointChannel.Connections _plain = new(null, null);
    private readonly List<X509Certificate2> _certificates = [];

    /// <summary>Once the secret stores answer. Throws <see cref="ComponentsFailedException"/> that names everything that is wrong.</summary>
    public async Task LoadAsync(IEnumerable<HttpEndpointDocument> documents, ComponentRegistry components, CancellationToken cancellationToken)
    {
        var errors = new List<ConfigurationError>();
        foreach (var document in documents)
        {
            var headers = new List<KeyValuePair<string, string>>();
            foreach (var (name, value) in document.Headers)
            {
                headers.Add(KeyValuePair.Create(name, await ValueAsync(document, value, components, errors, cancellationToken) ?? ""));
            }

            var root = await ValueAsync(document, document.RootCa, components, errors, cancellationToken);
            var certificate = await ValueAsync(document, document.Certificate, components, errors, cancellationToken);
            var key = await ValueAsync(document, document.PrivateKey, components, errors, cancellationToken);
            var connections = new HttpEndpointChannel.Connections(
                Certificate(document, document.RootCa, root, errors, pem => X509Certificate2.CreateFromPem(pem)),
                Certificate(document, document.Certificate, certificate, errors, pem => X509Certificate2.CreateFromPem(pem, key)));
            _named[document.Name] = new HttpEndpointChannel(document.BaseUrl, headers, connections);
        }

        if (errors.Count > 0)
        {
            throw new ComponentsFailedException(errors);
        }
    }

    /// <summary>Null for what is neither the name of an endpoint nor a URL.</summary>
    public IAppChannel? Find(string target)
    {
        if (_named.TryGetValue(target, out var named))
        {
            return named;
        }

        return IsUrl(target) && Uri.TryCreate(target, UriKind.Absolute, out _) ? new HttpEndpointChannel(target, [], _plain) : null;
    }

    public static bool IsUrl(string target) =>
        target.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || target.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    public void Dispose()
    {
        _plain.Dispose();
        foreach (var named in _named.Values)
        {
            named.Dispose();
        }

        _certificates.ForEach(certificate => certificate.Dispose());
    }

    private static async Task<string?> ValueAsync(
        HttpEndpointDocument document,
        EndpointValue? value,
        ComponentRegistry components,
        List<ConfigurationError> errors,
        CancellationToken cancellationToken)
    {
        if (value?.Secret is not { } reference)
        {
            return value?.Text;
        }

        try
        {
            if (components.Find<ISecretStore>(document.SecretStore ?? "") is not { } store)
            {
                errors.Add(new ConfigurationError(document.File, value.Line, value.Path, $"its secret store {document.SecretStore} is not available"));
                return null;
            }

            var secret = await store.GetAsync(reference.Name, cancellationToken);
            if (secret.TryGetValue(reference.Key, out var text))
            {
                return text;
            }

            errors.Add(new ConfigurationError(document.File, value.Line, value.Path, $"secret {reference.Name} of {document.SecretStore} has no key {reference.Key}"));
        }
        catch (ComponentException failure)
        {
            errors.Add(new ConfigurationError(document.File, value.Line, value.Path, failure.Message));
        }

        return null;
    }

    private X509Certificate2? Certificate(
        HttpEndpointDocument document, EndpointValue? value, string? pem, List<ConfigurationError> errors, Func<string, X509Certificate2> load)
    {
        if (value is null || pem is null)
        {
            return null;
        }

        try
        {
            var certificate = load(pem);
            _certificates.Add(certificate);
            return certificate;
        }
        catch (CryptographicException failure)
        {
            errors.Add(new ConfigurationError(document.File, value.Line, value.Path, $"is no PEM certificate that can be used: {failure.Message}"));
            return null;
        }
    }
}
