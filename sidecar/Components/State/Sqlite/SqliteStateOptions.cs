using Sidecar.Clients.Sqlite;

namespace Sidecar.Components.State.Sqlite;

/// <param name="CleanupInterval">Zero: expired rows are only filtered on read, daprd's default.</param>
internal sealed record SqliteStateOptions(
    SqliteOptions Database, string TableName, string MetadataTableName, TimeSpan CleanupInterval)
{
    public static SqliteStateOptions Parse(ComponentMetadata metadata, ComponentContext context) => new(
        SqliteOptions.Parse(metadata, context),
        Identifier(metadata, "tableName", "state"),
        Identifier(metadata, "metadataTableName", "metadata"),
        metadata.Duration(
            "cleanupInterval", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromSeconds(1), "cleanupIntervalInSeconds"));

    // Table names cannot be parameters of a statement, so nothing else may pass.
    private static string Identifier(ComponentMetadata metadata, string name, string fallback)
    {
        var text = metadata.Text(name) ?? fallback;
        if (text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_'))
        {
            return text;
        }

        metadata.Reject(name, $"'{text}' may hold only letters, digits and underscores");
        return fallback;
    }
}
