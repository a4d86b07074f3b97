namespace Sidecar.Configuration;

/// <summary>One mistake in a YAML file. All of them are reported together before anything starts.</summary>
/// <param name="Line">1-based; 0 when the file as a whole is meant.</param>
/// <param name="Member">The path of the member, such as <c>apps[2].appPort</c> or <c>spec.metadata.redisHost</c>.</param>
internal sealed record ConfigurationError(string File, int Line, string Member, string Message)
{
    public override string ToString() => Line > 0 ? $"{File}:{Line}: {Member}: {Message}" : $"{File}: {Member}: {Message}";
}
