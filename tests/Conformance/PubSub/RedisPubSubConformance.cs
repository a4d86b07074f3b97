using DaprShop.Tests.Servers;

namespace DaprShop.Tests.PubSub;

public sealed class RedisPubSubConformance(OwnRedis redis) : ServerPubSubConformance, IClassFixture<OwnRedis>
{
    private protected override BrokerServer Server { get; } = redis.Server;

    private protected override PubSubDriver Driver { get; } = new(
        "pubsub.redis", ("redisHost", $"127.0.0.1:{redis.Server.Port}"), ("processingTimeout", "10s"), ("redeliverInterval", "200ms"))
    {
        AtLeastOnce = true,
        // Since 1.17 a failed message is acknowledged; retries are the sidecar's.
        RedeliversAfterFailure = false,
        RetainsForLateGroups = true,
        KeepsContentType = false,
        KeepsMetadata = true,
        Serial = [("concurrency", "1"), ("queueDepth", "7")],
        Parallel = n => [("concurrency", $"{n}")],
        LongLease = [("processingTimeout", "1h")],
        ServerAt = port => [("redisHost", $"127.0.0.1:{port}")],
    };
}
