#nullable disable
using System.Diagnostics.CodeAnalysis;

namespace Dapr.Client;

/// <summary>The answer to an attempt to lock; disposing of it unlocks what was locked.</summary>
[Experimental("DAPR_DISTRIBUTEDLOCK")]
public sealed class TryLockResponse : IAsyncDisposable
{
    /// <summary>Whether the lock was taken.</summary>
    public bool Success { get; init; }

    /// <summary>What was to be locked.</summary>
    public string ResourceId { get; init; }

    /// <summary>Who asked.</summary>
    public string LockOwner { get; init; }

    /// <summary>The lock store component.</summary>
    public string StoreName { get; init; }

    internal DaprClient Client { get; init; }

    /// <summary>Unlocks, if the lock was taken.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Success)
        {
            return;
        }

        if (Client is not null)
        {
            await Client.Unlock(StoreName, ResourceId, LockOwner);
            return;
        }

        // An answer that the application made itself, as tests do, knows no client: the environment says where the sidecar is.
        using var client = new DaprClientBuilder().Build();
        await client.Unlock(StoreName, ResourceId, LockOwner);
    }
}
