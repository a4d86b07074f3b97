using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using DaprShop.TestKit;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary><c>daprd</c> mode: one sidecar without an app, spoken to as one would with curl.</summary>
[Trait("Set", "any")]
public sealed class DaprdModeTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("daprd-").FullName;
    private readonly int _port = FreePorts.Take(1)[0];
    private readonly HttpClient _http = new();

    public Task InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "resources"));
        return File.WriteAllTextAsync(
            Path.Combine(_folder, "resources", "state.yaml"),
            """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: statestore
            spec:
              type: state.sqlite
              version: v1
              metadata:
                - name: connectionString
                  value: "state.db"
            """);
    }

    public Task DisposeAsync()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task State_SavedThenKilled_IsThereAfterTheNextStart()
    {
        await using (var first = await StartAsync())
        {
            using var saved = await _http.PostAsJsonAsync(Url("/v1.0/state/statestore"), new[] { new { key = "cart", value = new { items = 3 } } });
            Assert.Equal(HttpStatusCode.NoContent, saved.StatusCode);
            await first.KillAsync();
        }

        await using var second = await StartAsync();
        var value = await _http.GetStringAsync(Url("/v1.0/state/statestore/cart"));
        var exitCode = await second.InterruptAsync();

        Assert.Equal("""{"items":3}""", value);
        Assert.Equal(0, exitCode);
        Assert.True(File.Exists(Path.Combine(_folder, "state.db")), "a relative path is relative to the current directory");
    }

    [Fact]
    public async Task Metadata_OfASidecarAlone_NamesWhatItLoaded()
    {
        await using var daprd = await StartAsync();

        using var metadata = System.Text.Json.JsonDocument.Parse(await _http.GetStringAsync(Url("/v1.0/metadata")));

        Assert.Equal("solo", metadata.RootElement.GetProperty("id").GetString());
        var component = Assert.Single(metadata.RootElement.GetProperty("components").EnumerateArray());
        Assert.Equal(("statestore", "state.sqlite"), (component.GetProperty("name").GetString(), component.GetProperty("type").GetString()));
    }

    [Theory]
    [InlineData("state.yaml", "spec:\n  type: state.nonsense\n  version: v1\n", "state.nonsense")]
    [InlineData("broken.yaml", "spec: [\n", "broken.yaml")]
    public async Task Component_ThatCannotBe_EndsTheStartAndIsNamed(string file, string spec, string named)
    {
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "resources", file), $"apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: statestore\n{spec}");

        var (exitCode, output) = await LauncherRun.ToEndAsync(_folder, Args());

        Assert.Equal(1, exitCode);
        Assert.Contains(named, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    private async Task<LauncherRun> StartAsync()
    {
        var daprd = LauncherRun.Start(_folder, Args());
        await Eventually.Get(
            async () => daprd.HasExited ? throw new InvalidOperationException(daprd.Output) : await HealthAsync(),
            status => status == HttpStatusCode.NoContent);
        return daprd;
    }

    private async Task<HttpStatusCode?> HealthAsync()
    {
        try
        {
            using var answer = await _http.GetAsync(Url("/v1.0/healthz"));
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            // Not listening yet.
            return null;
        }
    }

    private string[] Args() =>
    [
        "daprd", "--app-id", "solo", "--dapr-http-port", _port.ToString(CultureInfo.InvariantCulture), "--dapr-grpc-port", "0",
        "--resources-path", "./resources", "--dapr-listen-addresses", "127.0.0.1",
    ];

    private Uri Url(string path) => new($"http://127.0.0.1:{_port}{path}");
}
