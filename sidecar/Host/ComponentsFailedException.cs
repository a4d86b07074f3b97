using Sidecar.Configuration;

namespace Sidecar.Host;

/// <summary>Components that are written correctly and cannot be used, each with its place in its file.</summary>
internal sealed class ComponentsFailedException(IReadOnlyList<ConfigurationError> errors) : Exception(string.Join("; ", errors))
{
    public IReadOnlyList<ConfigurationError> Errors { get; } = errors;
}
