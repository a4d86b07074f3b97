using Sidecar.Configuration;

namespace Sidecar.Launcher;

/// <summary>Reads one entry of <c>apps</c> and merges <c>common</c> into it.</summary>
internal static class AppMembers
{
    private static readonly string[] Ports = ["appPort", "daprHTTPPort", "daprGRPCPort", "daprInternalGRPCPort", "metricsPort", "profilePort"];

    private static readonly string[] Names =
    [
        .. SharedMembers.Names, .. Ports, "appID", "appDirPath", "appChannelAddress", "command", "unixDomainSocket",
        "containerImage", "containerImagePullPolicy", "createService",
    ];

    /// <summary>Null when the app has no folder to stand in; that is reported.</summary>
    public static AppTemplate? Read(YamlMember members, SharedSettings common, TemplatePaths paths)
    {
        _ = members["appDirPath"].RequiredText();
        var directory = paths.ExistingDirectory(members["appDirPath"], paths.TemplateDirectory);
        var own = SharedMembers.Read(members, paths, directory ?? paths.TemplateDirectory);
        var ports = Ports.ToDictionary(name => name, name => members[name].Port(), StringComparer.Ordinal);
        var appId = members["appID"].TextOrNull();
        var channelAddress = members["appChannelAddress"].TextOrNull() ?? "127.0.0.1";
        var command = members["command"].Texts();

        // Read so that their types are checked: a socket in place of ports, and what only Kubernetes uses.
        _ = members["unixDomainSocket"].Text();
        _ = members["containerImage"].Text();
        _ = members["containerImagePullPolicy"].Choice("Always", "Never", "IfNotPresent");
        _ = members["createService"].Flag();
        members.KnownMembers(Names);
        if (directory is null)
        {
            return null;
        }

        return new AppTemplate
        {
            AppId = appId ?? Path.GetFileName(directory),
            Directory = directory,
            Members = members,
            Command = command,
            AppPort = ports["appPort"],
            HttpPort = ports["daprHTTPPort"],
            GrpcPort = ports["daprGRPCPort"],
            MetricsPort = ports["metricsPort"],
            ChannelAddress = channelAddress,
            Shared = own.FilledFrom(common) with
            {
                ResourcesPaths = Resources(directory, own, common, paths),
                ConfigFile = own.ConfigFile ?? Existing(Path.Combine(directory, ".dapr", "config.yaml"))
                    ?? common.ConfigFile ?? Existing(Path.Combine(paths.Home, ".dapr", "config.yaml")),
            },
        };
    }

    /// <summary>What only shows when all apps are known: a port used twice, or an id by apps that look like different ones.</summary>
    public static void CheckTogether(IReadOnlyList<AppTemplate> apps)
    {
        var ids = new Dictionary<string, AppTemplate>(StringComparer.Ordinal);
        var taken = new Dictionary<int, string>();
        foreach (var app in apps)
        {
            // Entries of one id are replicas; a copied entry whose id was forgotten starts something else.
            if (!ids.TryAdd(app.AppId, app) && ids[app.AppId] is var first && first.Directory != app.Directory)
            {
                app.Members["appID"].Warn(
                    $"'{app.AppId}' is also the app of line {first.Members.FileLine}, which stands in another folder: calls and messages go to either, as to replicas");
            }

            foreach (var (name, port) in new[] { ("appPort", app.AppPort), ("daprHTTPPort", app.HttpPort), ("daprGRPCPort", app.GrpcPort) })
            {
                if (port > 0 && !taken.TryAdd(port, $"{name} of {app.AppId}"))
                {
                    app.Members[name].Error($"{port} is already the {taken[port]}");
                }
            }
        }
    }

    private static IReadOnlyList<string> Resources(string directory, SharedSettings own, SharedSettings common, TemplatePaths paths)
    {
        if (own.ResourcesPaths.Count > 0)
        {
            return own.ResourcesPaths;
        }

        var beside = Path.Combine(directory, ".dapr", "resources");
        if (Directory.Exists(beside))
        {
            return [beside];
        }

        var lastResort = Path.Combine(paths.Home, ".dapr", "components");
        return common.ResourcesPaths.Count > 0 ? common.ResourcesPaths : Directory.Exists(lastResort) ? [lastResort] : [];
    }

    private static string? Existing(string file) => File.Exists(file) ? file : null;
}
