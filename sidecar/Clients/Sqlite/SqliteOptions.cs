using Sidecar.Components;

namespace Sidecar.Clients.Sqlite;

internal enum SqliteSync { Full, Normal }

/// <summary>The connection members that every SQLite component has, with daprd's names and defaults.</summary>
/// <param name="Path">Full path of the database file; null is a private database in memory.</param>
/// <param name="Timeout">Longest time an operation may wait before it starts.</param>
/// <param name="BusyTimeout">Longest wait for another process that holds the file.</param>
internal sealed record SqliteOptions(string? Path, TimeSpan Timeout, TimeSpan BusyTimeout, bool Wal, SqliteSync Sync)
{
    // Set by members of their own, as with daprd; a second place would contradict them.
    private static readonly Dictionary<string, string> ReservedPragmas = new(StringComparer.OrdinalIgnoreCase)
    {
        ["busy_timeout"] = "use the member busyTimeout",
        ["journal_mode"] = "use the member disableWAL",
        ["foreign_keys"] = "it cannot be set",
    };

    public static SqliteOptions Parse(ComponentMetadata metadata, ComponentContext context)
    {
        var second = TimeSpan.FromSeconds(1);
        var sync = ParseSync(metadata, "synchronous", metadata.Text("synchronous") ?? "FULL");
        var path = ParseConnectionString(metadata, context.DataDirectory, ref sync);
        return new SqliteOptions(
            path,
            metadata.Duration("timeout", TimeSpan.FromSeconds(20), second, second, "timeoutInSeconds"),
            metadata.Duration("busyTimeout", TimeSpan.FromSeconds(2), TimeSpan.Zero, second),
            !metadata.Flag("disableWAL"),
            sync);
    }

    private static string? ParseConnectionString(ComponentMetadata metadata, string dataDirectory, ref SqliteSync sync)
    {
        const string Member = "connectionString";
        var text = metadata.Required(Member, "url");
        if (text.Length == 0)
        {
            return null;
        }

        var isUri = text.StartsWith("file:", StringComparison.OrdinalIgnoreCase);
        var location = isUri ? text["file:".Length..] : text;
        var query = "";
        if (location.IndexOf('?') is >= 0 and var mark)
        {
            (location, query) = (location[..mark], location[(mark + 1)..]);
        }

        var inMemory = location.StartsWith(":memory:", StringComparison.OrdinalIgnoreCase);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            var (name, value) = (parts[0], Uri.UnescapeDataString(parts.ElementAtOrDefault(1) ?? ""));
            switch (name.ToUpperInvariant())
            {
                case "MODE" when value is "memory":
                    inMemory = true;
                    break;
                case "MODE" when value is "rw" or "rwc":
                case "CACHE":
                case "_TXLOCK":
                    // Our transactions are always immediate and every connection has its own cache.
                    break;
                case "_PRAGMA":
                    ApplyPragma(metadata, Member, value, ref sync);
                    break;
                default:
                    metadata.Reject(Member, $"option '{pair}' is not supported");
                    break;
            }
        }

        if (inMemory)
        {
            return null;
        }

        location = isUri ? Uri.UnescapeDataString(location) : location;
        if (isUri && location.StartsWith("//", StringComparison.Ordinal))
        {
            // file://localhost/path and file:///path carry an authority before the path.
            location = new Uri($"file:{location}").LocalPath;
        }

        if (location.Length == 0)
        {
            metadata.Reject(Member, $"'{text}' names no file");
            return null;
        }

        return System.IO.Path.GetFullPath(location, System.IO.Path.GetFullPath(dataDirectory));
    }

    private static void ApplyPragma(ComponentMetadata metadata, string member, string pragma, ref SqliteSync sync)
    {
        var name = pragma.Split('(', '=')[0].Trim();
        if (ReservedPragmas.TryGetValue(name, out var remedy))
        {
            metadata.Reject(member, $"_pragma={name} is not allowed: {remedy}");
        }
        else if (name.Equals("synchronous", StringComparison.OrdinalIgnoreCase))
        {
            sync = ParseSync(metadata, member, pragma[name.Length..].Trim('(', ')', '=', ' '));
        }
        else
        {
            metadata.Reject(member, $"_pragma={name} is not supported");
        }
    }

    private static SqliteSync ParseSync(ComponentMetadata metadata, string member, string text)
    {
        switch (text.ToUpperInvariant())
        {
            // EXTRA adds a directory sync for rollback journals only; under WAL it is FULL.
            case "FULL" or "EXTRA" or "2" or "3":
                return SqliteSync.Full;
            case "NORMAL" or "1":
                return SqliteSync.Normal;
            default:
                metadata.Reject(member, $"synchronous '{text}' is neither FULL nor NORMAL");
                return SqliteSync.Full;
        }
    }
}
