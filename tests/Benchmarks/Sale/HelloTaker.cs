using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DaprShop.Benchmarks.Sale;

/// <summary>The limit: Kestrel that reads a small order and answers a small JSON, and does nothing else.</summary>
internal sealed class HelloTaker : IOrderTaker
{
    private readonly Process _process;

    private HelloTaker(Process process, int port) => (_process, Port) = (process, port);

    public string Name => "hello (limit)";

    public int Port { get; }

    public IReadOnlyDictionary<string, int> Processes => new Dictionary<string, int> { ["hello"] = _process.Id };

    public static async Task<HelloTaker> StartAsync()
    {
        var port = FreePorts.Take(1)[0];
        var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(HelloTaker).Assembly.Location, "hello", port.ToString(CultureInfo.InvariantCulture)]))!;
        await Ports.OpenAsync(port, process);
        return new HelloTaker(process, port);
    }

    /// <summary>The process that <see cref="StartAsync"/> starts.</summary>
    public static async Task ServeAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, HelloJson.Default));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port));
        await using var app = builder.Build();
        long taken = 0;
        app.MapPost("/orders", (HelloOrder _) => TypedResults.Accepted(
            (string?)null, new HelloAnswer(Interlocked.Increment(ref taken).ToString("x", CultureInfo.InvariantCulture), "queued")));
        await app.RunAsync();
    }

    public byte[] Request(string run, long number) => PeerRequest.Of(run, number);

    public Task<Aftermath> SettleAsync(long accepted, IReadOnlyCollection<string> sample, TimeSpan patience) =>
        Task.FromResult(new Aftermath(TimeSpan.Zero, Left: null, Oversold: null, Undersold: null, Lost: null));

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}

internal sealed record HelloOrder(string RequestId, string UserId, string Sku, int Qty);

internal sealed record HelloAnswer(string OrderId, string Status);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HelloOrder))]
[JsonSerializable(typeof(HelloAnswer))]
internal sealed partial class HelloJson : JsonSerializerContext;

/// <summary>An order as the peers take it.</summary>
internal static class PeerRequest
{
    public static byte[] Of(string run, long number)
    {
        var json = string.Create(CultureInfo.InvariantCulture, $"{{\"requestId\":\"{run}-{number}\",\"userId\":\"u{run}-{number}\",\"sku\":\"sku-001\",\"qty\":1}}");
        return Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\n\r\n{json}"));
    }
}

internal static class Ports
{
    /// <summary>Returns when something listens there; throws when the process that should has ended.</summary>
    public static Task OpenAsync(int port, Process process) => Eventually.Get(
        async () =>
        {
            try
            {
                using var connection = await Load.HttpConnection.OpenAsync(port);
                return true;
            }
            catch (System.Net.Sockets.SocketException)
            {
                return process.HasExited ? throw new InvalidOperationException("a server of the benchmark ended; its reasons stand above") : false;
            }
        },
        open => open,
        TimeSpan.FromSeconds(60));
}
