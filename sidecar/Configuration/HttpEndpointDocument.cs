namespace Sidecar.Configuration;

/// <summary>A value of an HTTPEndpoint as written: its text, or the secret that holds it.</summary>
internal sealed record EndpointValue(string Text, SecretReference? Secret, int Line, string Path);

/// <summary>A service elsewhere that is called by name (dapr-contract.md 3.4), before its secrets are read.</summary>
/// <param name="SecretStore">The component named by auth.secretStore.</param>
internal sealed record HttpEndpointDocument(
    string Name,
    string BaseUrl,
    IReadOnlyList<KeyValuePair<string, EndpointValue>> Headers,
    EndpointValue? RootCa,
    EndpointValue? Certificate,
    EndpointValue? PrivateKey,
    string? SecretStore,
    string File,
    int Line);
