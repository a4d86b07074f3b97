using Sidecar.Clients.Redis;

namespace Sidecar.Components.State.Redis;

/// <param name="TtlSeconds">For items that name no TTL of their own; null: they keep what their key has.</param>
internal sealed record RedisStateOptions(RedisOptions Server, int? TtlSeconds)
{
    public static RedisStateOptions Parse(ComponentMetadata metadata)
    {
        if (metadata.Text("queryIndexes") is not null)
        {
            metadata.Reject("queryIndexes", "queries need the RediSearch module, which this sidecar does not use; remove it");
        }

        return new RedisStateOptions(
            RedisOptions.Parse(metadata),
            metadata.Text("ttlInSeconds") is null ? null : metadata.Number("ttlInSeconds", 0, -1));
    }
}
