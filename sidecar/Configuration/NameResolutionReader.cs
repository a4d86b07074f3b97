using System.Text.RegularExpressions;

namespace Sidecar.Configuration;

/// <summary>Reads spec.nameResolution of kind Configuration (dapr-contract.md 7.3).</summary>
internal static partial class NameResolutionReader
{
    public static NameResolutionSpec? Read(YamlMember resolution)
    {
        if (!resolution.IsPresent)
        {
            return null;
        }

        resolution.KnownMembers("component", "version", "configuration");
        var component = resolution["component"].Text() ?? "mdns";
        switch (component)
        {
            case "sqlite":
                return Sqlite(resolution["configuration"]);
            case "mdns":
                resolution["component"].Warn("this sidecar does not speak mDNS; sidecars of one user find each other all the same");
                return new NameResolutionSpec();
            default:
                resolution["component"].Error($"'{component}' is not supported; known: sqlite, mdns");
                return null;
        }
    }

    private static NameResolutionSpec Sqlite(YamlMember configuration)
    {
        configuration.KnownMembers(
            "connectionString", "url", "tableName", "metadataTableName", "updateInterval", "cleanupInterval", "timeout", "busyTimeout", "disableWAL");
        var defaults = new NameResolutionSpec();
        var table = configuration["tableName"].Text() ?? defaults.TableName;
        if (!Identifier().IsMatch(table))
        {
            configuration["tableName"].Error($"'{table}' is not a name for a table");
        }

        var interval = configuration["updateInterval"].Duration() ?? defaults.UpdateInterval;
        if (interval < TimeSpan.FromSeconds(2) || interval.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            configuration["updateInterval"].Error("must be whole seconds, and at least 2s");
        }

        var member = configuration[configuration["connectionString"].IsPresent ? "connectionString" : "url"];
        return new NameResolutionSpec { ConnectionString = FileOf(member), TableName = table, UpdateInterval = interval };
    }

    // The forms of daprd's connection string that name a file; a database in memory could not be shared.
    private static string FileOf(YamlMember member)
    {
        var text = member.RequiredText();
        var file = text.StartsWith("file:", StringComparison.OrdinalIgnoreCase) ? text["file:".Length..] : text;
        var query = file.IndexOf('?', StringComparison.Ordinal);
        if (query >= 0)
        {
            file = file[..query];
        }

        if (text.Length > 0 && (file.Length == 0 || text.Contains(":memory:", StringComparison.OrdinalIgnoreCase) || text.Contains("mode=memory", StringComparison.OrdinalIgnoreCase)))
        {
            member.Error($"'{text}' names no file that sidecars could share");
        }

        return file;
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex Identifier();
}
