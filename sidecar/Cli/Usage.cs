using System.Text;

namespace Sidecar.Cli;

internal static class Usage
{
    public static string All() => """
        usage: sidecar <command> [flags]

          run -f dapr.yaml      build and start every app of the file, each with its sidecar; Ctrl+C stops all
          stop -f dapr.yaml     stop that run from another terminal, or end what a crash left behind
          list                  the apps that run
          logs <app>            the newest log of an app; --follow keeps reading
          trace <id>            the waterfall of one trace, by its id or by that of a workflow instance in it
          infra up <server>     redis, rabbitmq or kafka on this machine, for a component set; also down, status, install
          daprd <daprd flags>   one sidecar for one app, in daprd's place
          version, help

        `sidecar <command> --help` tells more.
        exit codes: 0 fine, 1 a mistake in flags or files, 2 the machine is not ready, 3 something failed to start
        """;

    public static string Run() => Of(
        "sidecar run -f dapr.yaml [flags]",
        Launcher.RunFlags.Table,
        """
        examples:
          sidecar run -f dapr.yaml
          sidecar run -f dapr.yaml --no-build --restart
          sidecar run -f dapr.yaml --resources-path components/redis
        """);

    public static string Infra() => Of(
        "sidecar infra up|down|status|install <redis|rabbitmq|kafka> [flags]; sidecar infra install <faketime|nftables|promtool>",
        Sidecar.Infra.InfraFlags.Table,
        """
        up installs what is missing where it may, starts on 127.0.0.1 and waits for the answer; down and status without a name mean all.
        rabbitmq and kafka bring redis along, which holds the state of their component sets; it goes down with the last of them.
        faketime and nftables are what drills move clocks and lose packets with, promtool checks alert rules; they are only installed.

        examples:
          sidecar infra up redis
          sidecar infra up kafka --port 9192 --redis-port 6479
          sidecar infra down --purge
        """);

    public static string Daprd()
    {
        var accepted = DaprdFlags.Table.Flags.Where(flag => !flag.ActedOn).Select(flag => $"--{flag.Name}");
        var actedOn = new FlagSet([.. DaprdFlags.Table.Flags.Where(flag => flag.ActedOn)]);
        return Of(
            "sidecar daprd --app-id <id> [flags]", actedOn, $"accepted without effect:\n  {Wrapped(accepted)}\n\nenvironment: DAPR_API_TOKEN, APP_API_TOKEN, NAMESPACE");
    }

    public static string Of(string line, FlagSet flags, string epilogue = "")
    {
        var text = new StringBuilder($"usage: {line}\n\n");
        foreach (var flag in flags.Flags)
        {
            var name = (flag.Short is { } letter ? $"-{letter}, " : "    ") + $"--{flag.Name}{Placeholder(flag.Kind)}";
            text.Append("  ").Append(name.PadRight(38)).Append(' ').Append(flag.Summary).Append('\n');
        }

        return epilogue.Length == 0 ? text.ToString().TrimEnd() : $"{text}\n{epilogue}";
    }

    private static string Placeholder(FlagKind kind) => kind switch
    {
        FlagKind.Switch => "",
        FlagKind.Number => " N",
        FlagKind.Port => " PORT",
        FlagKind.Duration => " 10s",
        FlagKind.Size => " 4Mi",
        FlagKind.List => " A,B",
        _ => " X",
    };

    private static string Wrapped(IEnumerable<string> words)
    {
        var lines = words.Chunk(4).Select(chunk => string.Join(", ", chunk));
        return string.Join(",\n  ", lines);
    }
}
