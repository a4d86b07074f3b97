#nullable disable
namespace Dapr.AspNetCore;

/// <summary>What becomes of a message that an endpoint was given in a batch.</summary>
public enum BulkSubscribeAppResponseStatus
{
    /// <summary>It was handled.</summary>
    SUCCESS,

    /// <summary>It was not handled and comes again.</summary>
    RETRY,

    /// <summary>It cannot be handled: it goes to the dead-letter topic, or is gone.</summary>
    DROP,
}
