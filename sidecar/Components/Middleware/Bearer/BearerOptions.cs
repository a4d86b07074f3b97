namespace Sidecar.Components.Middleware.Bearer;

/// <param name="JwksUrl">Null: the issuer's discovery document says.</param>
internal sealed record BearerOptions(string Issuer, string Audience, Uri? JwksUrl)
{
    /// <summary>Where OpenID Connect wants the discovery document.</summary>
    public Uri Discovery => new($"{Issuer.TrimEnd('/')}/.well-known/openid-configuration");

    public static BearerOptions? Parse(ComponentMetadata metadata)
    {
        var issuer = metadata.Required("issuer", "issuerURL");
        var audience = metadata.Required("audience", "clientID");
        var jwks = metadata.Text("jwksURL");
        var isGood = issuer.Length > 0 && audience.Length > 0;
        if (jwks is not null && !IsHttp(jwks))
        {
            metadata.Reject("jwksURL", $"'{jwks}' is not an http or https URL");
            isGood = false;
        }

        // An issuer is a name like any other as long as nothing is asked of it.
        if (jwks is null && issuer.Length > 0 && !IsHttp(issuer))
        {
            metadata.Reject("issuer", $"'{issuer}' is not an http or https URL, and without jwksURL its keys are looked for there");
            isGood = false;
        }

        return isGood ? new BearerOptions(issuer, audience, jwks is null ? null : new Uri(jwks)) : null;
    }

    private static bool IsHttp(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https";
}
