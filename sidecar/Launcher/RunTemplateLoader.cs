using Sidecar.Configuration;

namespace Sidecar.Launcher;

/// <summary>What was read, as far as it could be, with everything that is wrong about it.</summary>
internal sealed record LoadedTemplate(
    RunTemplate? Template, IReadOnlyList<ConfigurationError> Errors, IReadOnlyList<ConfigurationError> Warnings);

/// <summary>Reads dapr.yaml (dapr-contract.md 2): schema, defaults and path rules, with every mistake at its line.</summary>
internal static class RunTemplateLoader
{
    /// <param name="text">The file's text.</param>
    /// <param name="file">The absolute path, or null for standard input.</param>
    /// <param name="directory">What relative paths are relative to.</param>
    /// <param name="home">The user's folder, for <c>~/</c> and for the resources of last resort.</param>
    public static LoadedTemplate Load(string text, string? file, string directory, string home)
    {
        var (errors, warnings) = (new List<ConfigurationError>(), new List<ConfigurationError>());
        var label = file is null ? "standard input" : ReadyBlock.Short(file);
        var documents = YamlDocuments.Read(label, text, errors, warnings).ToList();
        if (documents is [{ IsMapping: true } root, ..])
        {
            return new LoadedTemplate(Read(root, file, new TemplatePaths(directory, home)), errors, warnings);
        }

        if (errors.Count == 0)
        {
            errors.Add(new ConfigurationError(label, 1, "document", "must be a mapping with version and apps"));
        }

        return new LoadedTemplate(null, errors, warnings);
    }

    private static RunTemplate Read(YamlMember root, string? file, TemplatePaths paths)
    {
        if (!root["version"].IsPresent)
        {
            root["version"].Error("is required; write `version: 1`");
        }
        else if (root["version"].Integer() is { } version and not 1)
        {
            root["version"].Error($"must be 1, not {version}");
        }

        _ = root["common"].Entries();
        var common = SharedMembers.Read(root["common"], paths, paths.TemplateDirectory);
        root["common"].KnownMembers([.. SharedMembers.Names]);

        var entries = root["apps"].Items().ToList();
        if (entries.Count == 0 && (!root["apps"].IsPresent || root["apps"].IsList))
        {
            root["apps"].Error("must list at least one app");
        }

        foreach (var entry in entries.Where(entry => !entry.IsMapping))
        {
            entry.Error("must be a mapping");
        }

        var apps = entries.Where(entry => entry.IsMapping).Select(entry => AppMembers.Read(entry, common, paths)).OfType<AppTemplate>().ToList();
        AppMembers.CheckTogether(apps);
        var replicas = apps.GroupBy(app => app.AppId, StringComparer.Ordinal)
            .SelectMany(group => group.Index())
            .ToDictionary(entry => entry.Item, entry => entry.Index + 1);
        root.KnownMembers("version", "name", "common", "apps");
        return new RunTemplate
        {
            File = file,
            Directory = paths.TemplateDirectory,
            Name = root["name"].TextOrNull() ?? Path.GetFileName(paths.TemplateDirectory),
            Apps = [.. apps.Select(app => app with { Replica = replicas[app] })],
            Embedded = ReadEmbedded(root["x-embedded"], paths),
        };
    }

    private static EmbeddedSettings ReadEmbedded(YamlMember members, TemplatePaths paths)
    {
        _ = members.Entries();
        members.KnownMembers("resourcesPaths", "build", "ready");
        return new EmbeddedSettings
        {
            ResourcesPaths = paths.ExistingDirectories(members["resourcesPaths"], paths.TemplateDirectory),
            Build = paths.ExistingFile(members["build"], paths.TemplateDirectory),
            Ready = members["ready"].Texts(),
        };
    }
}
