using System.ComponentModel.DataAnnotations;

namespace DaprShop.Order.Streaming;

/// <summary>Section <c>Streams</c>: how many order streams a replica holds open. Beyond it a new one is turned away (429).</summary>
internal sealed record OrderStreamOptions
{
    /// <summary>Streams of all callers together.</summary>
    [Range(1, 1_000_000)]
    public int MaxStreams { get; init; } = 2000;

    /// <summary>Streams of one caller, so that nobody takes everybody's.</summary>
    [Range(1, 1_000_000)]
    public int MaxStreamsPerUser { get; init; } = 20;
}
