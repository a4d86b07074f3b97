using System.ComponentModel.DataAnnotations;

namespace DaprShop.Order.Placing;

/// <summary>Section <c>Intake</c>: how much the order service takes on.</summary>
internal sealed record IntakeOptions
{
    /// <summary>Accepted orders that may wait for their sagas; beyond it new ones are turned away (429).</summary>
    [Range(1, 100_000_000)]
    public int MaxBacklog { get; init; } = 5000;

    /// <summary>Ended orders that a broker that is away has not been told of; beyond it new ones are turned away (503).</summary>
    [Range(1, 100_000_000)]
    public int MaxUntold { get; init; } = 5000;

    /// <summary>Requests that may wait for their batch; beyond it they are turned away (429).</summary>
    [Range(1, 1_000_000)]
    public int MaxWaiting { get; init; } = 8192;
}
