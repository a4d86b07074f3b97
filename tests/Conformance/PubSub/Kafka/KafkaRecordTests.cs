using System.Text;
using Confluent.Kafka;
using DaprShop.TestKit.Servers;
using DaprShop.Tests.Servers;
using Sidecar.Components;
using Sidecar.Components.PubSub;

namespace DaprShop.Tests.PubSub.Kafka;

/// <summary>The records on a current broker, seen by a client that is not ours: as daprd writes and reads them.</summary>
public sealed class KafkaRecordTests : IAsyncLifetime
{
    private const int Partitions = 3;

    private readonly MockKafkaCluster _cluster = MockKafkaCluster.Start();
    private readonly ComponentFixture _fixture = new() { UseManualClock = false };
    private readonly string _topic = UniqueName.Next("topic");
    private readonly RawKafka _raw;

    public KafkaRecordTests() => _raw = new RawKafka(_cluster.Brokers);

    public Task InitializeAsync()
    {
        _cluster.CreateTopic(_topic, Partitions);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _fixture.DeleteAsync();
        _raw.Dispose();
        _cluster.Dispose();
    }

    [Fact]
    public async Task Publish_WithMetadata_LeavesValueKeyAndAHeaderForEachEntry()
    {
        var broker = await StartAsync();

        await PublishAsync(broker, "value", ("partitionKey", "ключ"), ("traceparent", "00-1"), ("empty", ""));

        var record = Assert.Single(_raw.Read(_topic, 1, 0, 1, 2)).Message;
        Assert.Equal(("value", "ключ"), (Text(record.Value), Text(record.Key)));
        Assert.Equal(
            ["empty=", "partitionKey=ключ", "traceparent=00-1"],
            record.Headers.Select(header => $"{header.Key}={Text(header.GetValueBytes())}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Publish_WithoutMetadata_LeavesTheValueAlone()
    {
        var broker = await StartAsync();

        await PublishAsync(broker, "value");

        var record = Assert.Single(_raw.Read(_topic, 1, 0, 1, 2)).Message;
        Assert.Equal("value", Text(record.Value));
        Assert.Null(record.Key);
        Assert.Empty(record.Headers);
    }

    [Theory]
    [InlineData("null", null)]
    [InlineData("", "")]
    [InlineData("null ", "null ")]
    public async Task Publish_JsonNull_IsATombstoneAndNothingElseIs(string data, string? value)
    {
        var broker = await StartAsync();

        await PublishAsync(broker, data, ("partitionNumber", "0"));

        Assert.Equal(value, Text(Assert.Single(_raw.Read(_topic, 1, 0)).Message.Value));
    }

    [Fact]
    public async Task Publish_PartitionNumber_GoesThereWhateverTheKey()
    {
        var broker = await StartAsync();

        foreach (var n in Enumerable.Range(0, 9))
        {
            await PublishAsync(broker, $"{n}", ("partitionNumber", "2"), ("__key", $"{n}"));
        }

        Assert.Equal(Enumerable.Range(0, 9).Select(n => $"{n}={n}"), _raw.Read(_topic, 9, 2).Select(record => $"{Text(record.Message.Key)}={Text(record.Message.Value)}"));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("first")]
    [InlineData("2147483648")]
    [InlineData("3")]
    public async Task Publish_PartitionThatIsNone_IsRefused(string partition)
    {
        var broker = await StartAsync();

        var refusal = await Assert.ThrowsAsync<ComponentException>(() => PublishAsync(broker, "value", ("partitionNumber", partition)));

        Assert.Equal(ComponentFault.BadRequest, refusal.Fault);
        Assert.Contains(partition == "3" ? "partition" : $"partitionNumber '{partition}'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_Keys_GoToThePartitionsThatDaprdChooses()
    {
        var broker = await StartAsync();
        string[] keys = ["", "a", "b", "order-1", "order-2", "order-3", "заказ", "0b0e2c4c-7f1f-4a7e-9a0c-2d1f0a9b8c7d"];

        foreach (var key in keys)
        {
            await PublishAsync(broker, key, ("partitionKey", key));
        }

        var found = _raw.Read(_topic, keys.Length, 0, 1, 2).ToDictionary(record => Text(record.Message.Key)!, record => record.Partition.Value);
        Assert.Equal(keys.Select(key => (key, ChoiceOfDaprd(key))), keys.Select(key => (key, found[key])));
    }

    [Fact]
    public async Task Publish_WithoutKey_SpreadsOverAllPartitions()
    {
        var broker = await StartAsync();

        await Task.WhenAll(Enumerable.Range(0, 60).Select(n => PublishAsync(broker, $"{n}")));

        var spread = _raw.Read(_topic, 60, 0, 1, 2).CountBy(record => record.Partition.Value).ToDictionary();
        Assert.Equal(Partitions, spread.Count);
        Assert.All(spread.Values, count => Assert.InRange(count, 5, 40));
    }

    [Fact]
    public async Task Receive_RecordOfAnotherProgram_HasDaprdsMetadata()
    {
        var broker = await StartAsync();
        var headers = new Headers { { "kind", "one"u8.ToArray() }, { "kind", "two"u8.ToArray() }, { "nothing", null }, { "bytes", [0xFF, (byte)'x'] } };
        var timestamp = new Timestamp(1_700_000_000_123, TimestampType.CreateTime);
        await _raw.ProduceAsync(_topic, new Message<byte[]?, byte[]?> { Value = "before"u8.ToArray() }, partition: 1);
        await _raw.ProduceAsync(
            _topic, new Message<byte[]?, byte[]?> { Key = "k"u8.ToArray(), Value = "value"u8.ToArray(), Headers = headers, Timestamp = timestamp }, partition: 1);

        var (first, second) = await ReceiveTwoAsync(broker);

        Assert.Equal((_topic, "value", null), (second.Topic, Encoding.UTF8.GetString(second.Data.Span), second.ContentType));
        Assert.Equal(
            [
                ("__key", "k"), ("__offset", "1"), ("__partition", "1"), ("__timestamp", "1700000000123"), ("__topic", _topic),
                ("bytes", "\uFFFDx"), ("kind", "two"), ("nothing", ""),
            ],
            second.Metadata.Select(item => (item.Key, item.Value)).OrderBy(item => item.Key, StringComparer.Ordinal));
        Assert.DoesNotContain("__key", first.Metadata.Keys);
    }

    [Fact]
    public async Task Receive_Tombstone_IsJsonNull()
    {
        var broker = await StartAsync();
        await _raw.ProduceAsync(_topic, new Message<byte[]?, byte[]?> { Value = null });
        await _raw.ProduceAsync(_topic, new Message<byte[]?, byte[]?> { Value = [] });

        var (first, second) = await ReceiveTwoAsync(broker);

        Assert.Equal(("null", ""), (Encoding.UTF8.GetString(first.Data.Span), Encoding.UTF8.GetString(second.Data.Span)));
    }

    [Fact]
    public async Task Receive_EscapeHeaders_WritesThemAsAQuery()
    {
        var broker = await StartAsync(("escapeHeaders", "true"));
        await PublishAsync(broker, "value", ("partitionKey", "a b/ü"), ("multi", "line\r\n+&"));
        await PublishAsync(broker, "other", ("partitionKey", "a b/ü"));

        var (first, _) = await ReceiveTwoAsync(broker);

        Assert.Equal(("a+b%2F%C3%BC", "line%0D%0A%2B%26"), (first.Metadata["__key"], first.Metadata["multi"]));
    }

    [Fact]
    public async Task ExcludedHeaders_InBothDirections_DoNotTravel()
    {
        var broker = await StartAsync(("excludeHeaderMetaRegex", "^(secret|partitionKey)"));
        await PublishAsync(broker, "value", ("partitionKey", "k"), ("secret-one", "1"), ("open", "2"));
        var record = Assert.Single(_raw.Read(_topic, 1, 0, 1, 2));
        await _raw.ProduceAsync(
            _topic, new Message<byte[]?, byte[]?> { Value = [1], Headers = new Headers { { "secret-two", [1] } } }, record.Partition.Value);

        var (first, second) = await ReceiveTwoAsync(broker);

        Assert.Equal(["open"], record.Message.Headers.Select(header => header.Key));
        Assert.Equal(["open"], first.Metadata.Keys.Where(name => !name.StartsWith("__", StringComparison.Ordinal)));
        Assert.DoesNotContain("secret-two", second.Metadata.Keys);
    }

    [Fact]
    public async Task SchemaType_OfARegistry_IsRefusedInBothDirections()
    {
        var broker = await StartAsync();
        var schema = new Dictionary<string, string> { ["valueSchemaType"] = "Avro" };

        var publish = await Assert.ThrowsAsync<ComponentException>(() => PublishAsync(broker, "value", ("valueSchemaType", "Avro")));
        var subscribe = await Assert.ThrowsAsync<ComponentException>(
            () => broker.SubscribeAsync(new SubscribeRequest(_topic, "group", schema), (_, _) => Task.CompletedTask, default));

        Assert.Contains("valueSchemaType 'Avro'", publish.Message, StringComparison.Ordinal);
        Assert.Contains("valueSchemaType 'Avro'", subscribe.Message, StringComparison.Ordinal);
    }

    private Task<IPubSub> StartAsync(params (string Name, string Value)[] extra) => _fixture.StartAsync<IPubSub>(
        "pubsub.kafka", "app", [("brokers", _cluster.Brokers), ("authType", "none"), ("initialOffset", "oldest"), .. extra]);

    private Task PublishAsync(IPubSub broker, string data, params (string Name, string Value)[] metadata) => broker.PublishAsync(
        new OutgoingMessage(_topic, Encoding.UTF8.GetBytes(data), null, metadata.ToDictionary(item => item.Name, item => item.Value)), default);

    private async Task<(IncomingMessage First, IncomingMessage Second)> ReceiveTwoAsync(IPubSub broker)
    {
        var recorder = new Recorder();
        await using var subscription = await broker.SubscribeAsync(
            new SubscribeRequest(_topic, "group", new Dictionary<string, string>()), recorder.HandleAsync, default);
        await recorder.WaitForAsync(2);
        return (recorder.Messages[0], recorder.Messages[1]);
    }

    // FNV-1a of 32 bits, taken as a signed number; the remainder's sign is dropped.
    private static int ChoiceOfDaprd(string key)
    {
        var hash = 2166136261;
        foreach (var octet in Encoding.UTF8.GetBytes(key))
        {
            hash = (hash ^ octet) * 16777619;
        }

        return Math.Abs((int)hash % Partitions);
    }

    private static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);
}
