namespace Sidecar.Components.Secrets.LocalFile;

/// <param name="MultiValued">A secret is a top-level member with several values, not one value per leaf.</param>
internal sealed record LocalFileSecretOptions(string SecretsFile, string NestedSeparator, bool MultiValued)
{
    public static LocalFileSecretOptions Parse(ComponentMetadata metadata) => new(
        metadata.Required("secretsFile"),
        metadata.Text("nestedSeparator") ?? ":",
        metadata.Flag("multiValued"));
}
