using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DaprShop.Benchmarks.Sale;

/// <summary>
/// What somebody writes who has not thought of concurrency: read the count, compare, write the count less one. It stands for the mistake
/// that the strategies exist to avoid, on the same store through the same sidecar, and sells more than there is.
/// </summary>
internal sealed class NaiveTaker : IOrderTaker
{
    private const string Store = "statestore";
    private const string SidecarOf = "inventory";

    private readonly Process _process;
    private readonly RunningShop _shop;
    private readonly string _key;
    private readonly long _units;

    private NaiveTaker(Process process, RunningShop shop, int port, string key, long units) =>
        (_process, _shop, Port, _key, _units) = (process, shop, port, key, units);

    public string Name => RaceBench.Naive;

    public int Port { get; }

    public IReadOnlyDictionary<string, int> Processes => _shop.ServerPids
        .Append(KeyValuePair.Create("sidecars", _shop.LauncherPid))
        .Append(KeyValuePair.Create("naive", _process.Id))
        .ToDictionary(StringComparer.Ordinal);

    public static async Task<NaiveTaker> StartAsync(RunningShop shop, long units)
    {
        var key = $"naive-{Guid.NewGuid().ToString("N")[..8]}";
        using (var http = new HttpClient())
        {
            await WriteAsync(http, shop.Sidecar(SidecarOf), key, units);
        }

        var port = FreePorts.Take(1)[0];
        string[] args =
        [
            typeof(NaiveTaker).Assembly.Location, "naive", port.ToString(CultureInfo.InvariantCulture),
            new Uri(shop.Sidecar(SidecarOf)).Port.ToString(CultureInfo.InvariantCulture), key,
        ];
        var process = Process.Start(new ProcessStartInfo("dotnet", args))!;
        await Ports.OpenAsync(port, process);
        return new NaiveTaker(process, shop, port, key, units);
    }

    /// <summary>The process that <see cref="StartAsync"/> starts.</summary>
    public static async Task ServeAsync(int port, int sidecarPort, string key)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port));
        await using var app = builder.Build();
        using var http = new HttpClient();
        var sidecar = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{sidecarPort}");
        app.MapPost("/api/v1/orders", async (HttpContext context) =>
        {
            var left = long.Parse(await http.GetStringAsync(new Uri($"{sidecar}/v1.0/state/{Store}/{key}")), CultureInfo.InvariantCulture);
            if (left <= 0)
            {
                await AnswerAsync(context, StatusCodes.Status409Conflict, """{"type":"urn:daprshop:problem:sold-out"}""");
                return;
            }

            await WriteAsync(http, sidecar, key, left - 1);
            await AnswerAsync(context, StatusCodes.Status202Accepted, $$"""{"id":"{{Guid.NewGuid()}}"}""");
        });
        await app.RunAsync();
    }

    public byte[] Request(string run, long number) => ShopTaker.RequestFor(_key, run, number);

    /// <summary>It keeps no orders: what it sold is what it answered 202.</summary>
    public Task<Aftermath> SettleAsync(long accepted, IReadOnlyCollection<string> sample, TimeSpan patience) => Task.FromResult(
        new Aftermath(TimeSpan.Zero, Left: null, Oversold: Math.Max(0, accepted - _units), Undersold: Math.Max(0, _units - accepted), Lost: null));

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>Without an ETag: the last write wins.</summary>
    private static async Task WriteAsync(HttpClient http, string sidecar, string key, long value)
    {
        using var answer = await http.PostAsJsonAsync(new Uri($"{sidecar}/v1.0/state/{Store}"), new[] { new { key, value } });
        answer.EnsureSuccessStatusCode();
    }

    private static Task AnswerAsync(HttpContext context, int status, string json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        return context.Response.WriteAsync(json);
    }
}
