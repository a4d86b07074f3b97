using System.Diagnostics;
using System.Text.RegularExpressions;

namespace DaprShop.TestKit.Servers;

public sealed partial class RabbitMqServer : LaunchedServer
{
    private static readonly Lazy<Task<RabbitMqServer>> ProcessWide = new(() => StartAsync());

    private RabbitMqServer()
        : base("rabbitmq", "--alone")
    {
    }

    /// <summary>One for every test of this process that keeps to a virtual host or names of its own; it ends with the process.</summary>
    public static Task<RabbitMqServer> Shared => ProcessWide.Value;

    public static async Task<RabbitMqServer> StartAsync()
    {
        var server = new RabbitMqServer();
        await server.LaunchAsync();
        return server;
    }

    /// <summary>Open to guest for everything. One call to the node, which is slow to ask.</summary>
    public Task AddVirtualHostAsync(string name) => PlainName().IsMatch(name)
        ? ControlAsync(
            "eval",
            $$"""
            rabbit_vhost:add(<<"{{name}}">>, <<"tests">>),
            rabbit_auth_backend_internal:set_permissions(<<"guest">>, <<"{{name}}">>, <<".*">>, <<".*">>, <<".*">>, <<"tests">>).
            """)
        : throw new ArgumentException($"Letters, digits, '.', '_' and '-' only: {name}", nameof(name));

    /// <summary>rabbitmqctl; returns what it printed.</summary>
    public async Task<string> ControlAsync(params string[] command)
    {
        var start = new ProcessStartInfo(Path.Combine(DataDirectory, "infra", "rabbitmq", "rabbitmqctl"), command)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"rabbitmqctl {string.Join(' ', command)}: {await output}{await errors}");
    }

    [GeneratedRegex(@"^[A-Za-z0-9._-]+$")]
    private static partial Regex PlainName();
}
