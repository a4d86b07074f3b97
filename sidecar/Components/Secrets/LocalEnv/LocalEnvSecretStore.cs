using System.Collections;

namespace Sidecar.Components.Secrets.LocalEnv;

/// <summary>
/// secretstores.local.env: the sidecar's own environment. A variable that is not set, or that daprd keeps to itself, is
/// an empty text and not an error.
/// </summary>
internal sealed partial class LocalEnvSecretStore(string prefix, ILogger logger) : ISecretStore
{
    // As the operating system: names differ by case everywhere but on Windows.
    private static readonly StringComparison NameComparison =
        OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    public static IComponent Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        var metadata = new ComponentMetadata(spec, errors);
        var prefix = metadata.Text("prefix") ?? "";
        ComponentLog.WarnUnknown(context, spec, metadata);
        return new LocalEnvSecretStore(prefix, context.Loggers.CreateLogger("dapr.contrib"));
    }

    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IReadOnlyDictionary<string, string>> GetAsync(string name, CancellationToken cancellationToken)
    {
        var variable = prefix + name;
        if (!IsAllowed(variable))
        {
            LogRefused(logger, name);
            return Task.FromResult<IReadOnlyDictionary<string, string>>(Single(name, ""));
        }

        return Task.FromResult<IReadOnlyDictionary<string, string>>(Single(name, Environment.GetEnvironmentVariable(variable) ?? ""));
    }

    public Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(CancellationToken cancellationToken)
    {
        var secrets = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var name = (string)variable.Key;
            if (IsAllowed(name) && name.StartsWith(prefix, NameComparison) && name.Length > prefix.Length)
            {
                secrets[name[prefix.Length..]] = Single(name[prefix.Length..], (string?)variable.Value ?? "");
            }
        }

        return Task.FromResult<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>(secrets);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // The tokens between app and sidecar live in such variables.
    internal static bool IsAllowed(string variable) =>
        !variable.Equals("APP_API_TOKEN", StringComparison.OrdinalIgnoreCase)
        && !variable.StartsWith("DAPR_", StringComparison.OrdinalIgnoreCase);

    private static Dictionary<string, string> Single(string name, string value) =>
        new(StringComparer.Ordinal) { [name] = value };

    [LoggerMessage(LogLevel.Warning, "Access to environment variable {Name} is refused")]
    private static partial void LogRefused(ILogger logger, string name);
}
