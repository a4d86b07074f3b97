using System.Net;
using System.Net.Sockets;
using Sidecar.Clients.Kafka;
using Sidecar.Components;

namespace DaprShop.Tests.Clients;

/// <summary>Whatever a broker answers, the probe ends with a version and never takes a newer broker for an old one.</summary>
public sealed class KafkaVersionProbeTests
{
    private const string Host = "09 6C6F63616C686F7374";

    [Fact]
    public async Task AnswerInTheFormOf09_09IsSpoken()
    {
        using var broker = new Broker($"00000001 00000000 00{Host} 00002384  00000001 0000 0001 61 00000000");

        Assert.Equal("0.9.0.1", (await AskAsync(broker.Address)).Text);
        Assert.Equal(Convert.FromHexString("0000001B 0003 0001 00000000 000D".Replace(" ", "", StringComparison.Ordinal)), broker.Request[..14]);
        Assert.Equal([.. "version-probe"u8, 0, 0, 0, 0], broker.Request[14..]);
    }

    [Theory]
    [InlineData("00000001 00000000 00" + Host + " 00002384  00000000")] // An old broker without topics.
    [InlineData("00000000 00000000")] // One that has not registered itself yet.
    public async Task AnswerOf09_WithoutTopicsOrBrokers_09IsSpoken(string answer)
    {
        using var broker = new Broker(answer);

        Assert.Equal("0.9.0.1", (await AskAsync(broker.Address)).Text);
    }

    [Theory]
    [InlineData("00000001 00000000 00" + Host + " 00002384 FFFF  00000000 00000000")] // Without a rack.
    [InlineData("00000002 00000000 00" + Host + " 00002384 0001 41  00000001 00" + Host + " 00002385 FFFF  00000001 00000000")]
    public async Task AnswerInTheFormOf010_TheComponentsVersionIsSpoken(string answer)
    {
        using var broker = new Broker(answer);

        Assert.Equal("2.0.0", (await AskAsync(broker.Address)).Text);
    }

    [Fact]
    public async Task BrokerHangsUp_TheComponentsVersionIsSpoken()
    {
        using var broker = new Broker(null);

        Assert.Equal("2.0.0", (await AskAsync(broker.Address)).Text);
    }

    [Fact]
    public async Task FirstBrokerIsDown_TheNextIsAsked()
    {
        using var broker = new Broker($"00000001 00000000 00{Host} 00002384  00000001 0000 0001 61 00000000");

        Assert.Equal("0.9.0.1", (await AskAsync($"127.0.0.1:1,{broker.Address}")).Text);
    }

    private static async Task<KafkaVersion> AskAsync(string brokers)
    {
        var errors = new List<string>();
        var members = new Dictionary<string, string> { ["brokers"] = brokers, ["authType"] = "none" };
        var spec = new ComponentSpec("pubsub", "pubsub.kafka", "v1", members, false, TimeSpan.FromSeconds(5), "pubsub.yaml");
        var connection = KafkaConnection.Parse(new ComponentMetadata(spec, errors));
        Assert.Empty(errors);
        return await VersionProbe.AskAsync(connection, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <summary>Answers one request with the given members, after size and correlation; null: hangs up.</summary>
    private sealed class Broker : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task<byte[]> _serving;

        public Broker(string? members)
        {
            _listener.Start();
            _serving = ServeAsync(members);
        }

        public string Address => $"{_listener.LocalEndpoint}";

        public byte[] Request => _serving.Result;

        public void Dispose() => _listener.Dispose();

        private async Task<byte[]> ServeAsync(string? members)
        {
            using var client = await _listener.AcceptTcpClientAsync();
            var request = new byte[256];
            var length = await client.GetStream().ReadAsync(request);
            if (members is not null)
            {
                var body = Convert.FromHexString(members.Replace(" ", "", StringComparison.Ordinal));
                await client.GetStream().WriteAsync((byte[])[0, 0, 0, (byte)(body.Length + 4), 0, 0, 0, 0, .. body]);
            }

            return request[..length];
        }
    }
}
