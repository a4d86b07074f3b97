namespace Sidecar.Configuration;

/// <summary>Where the readers of one file put what they find: errors stop the start, warnings are logged once the sidecar runs.</summary>
/// <param name="LineOffset">Lines of the file before the document in hand.</param>
internal sealed record YamlProblems(
    string File, int LineOffset, ICollection<ConfigurationError> Errors, ICollection<ConfigurationError> Warnings)
{
    public void Error(int line, string member, string message) =>
        Errors.Add(new ConfigurationError(File, line + LineOffset, member, message));

    public void Warn(int line, string member, string message) =>
        Warnings.Add(new ConfigurationError(File, line + LineOffset, member, message));
}
