using System.Text.RegularExpressions;
using DaprShop.TestKit.Shop;
using Google.Protobuf.WellKnownTypes;

namespace DaprShop.Tests.Grpc;

/// <summary>sidecar/CONFORMANCE.md says what is so: each method is answered as its row says, and each test class exists.</summary>
public sealed partial class ConformanceTableTests
{
    private const int Unimplemented = 12;

    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(Checkout.Root, "sidecar", "CONFORMANCE.md"));

    [Fact]
    public async Task Methods_OfDaprsService_AreAnsweredAsTheirRowsSay()
    {
        await using var sidecar = await GrpcSidecar.StartAsync();
        var rows = Rows("## gRPC: dapr.proto.runtime.v1.Dapr").ToList();

        List<string> wrong = [];
        foreach (var (method, state) in rows)
        {
            var reply = await sidecar.CallAsync(method, new Empty());
            var isMissing = (reply.Status, reply.Message) == (Unimplemented, $"{method} is not supported by this sidecar");
            if (isMissing != (state == "not") || reply.Message.Contains("failed to proxy", StringComparison.Ordinal))
            {
                wrong.Add($"{method}: {state}, but {reply.Status} {reply.Message}");
            }
        }

        Assert.Empty(wrong);
        Assert.Equal(72, rows.Count);
    }

    [Fact]
    public async Task Methods_OfTheTaskHub_AreAnsweredAsTheirRowsSay()
    {
        await using var sidecar = await GrpcSidecar.StartAsync();

        foreach (var (method, state) in Rows("## gRPC: TaskHubSidecarService").Where(row => row.Method != "GetWorkItems"))
        {
            var reply = await sidecar.Client.CallAsync($"/TaskHubSidecarService/{method}", new Empty());
            var isMissing = reply.Message.EndsWith("is not supported by this sidecar's workflow engine", StringComparison.Ordinal);
            Assert.True(isMissing == (state == "not"), $"{method}: {state}, but {reply.Status} {reply.Message}");
        }
    }

    [Fact]
    public void TestClasses_AllThatAreNamed_Exist()
    {
        var known = typeof(ConformanceTableTests).Assembly.GetTypes().Select(type => type.Name).ToHashSet(StringComparer.Ordinal);
        var named = Lines.SelectMany(line => TestClass().Matches(line).Select(match => match.Value)).Distinct().ToList();

        Assert.DoesNotContain(named, name => !known.Contains(name));
        Assert.True(named.Count > 20, $"only {named.Count} test classes are named");
    }

    private static IEnumerable<(string Method, string State)> Rows(string heading) => Lines
        .SkipWhile(line => line != heading)
        .Skip(1)
        .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
        .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
        .Where(cells => cells.Length > 4 && cells[2] is "supported" or "partial" or "not")
        .Select(cells => (cells[1], cells[2]));

    [GeneratedRegex(@"\b[A-Z]\w+Tests\b")]
    private static partial Regex TestClass();
}
