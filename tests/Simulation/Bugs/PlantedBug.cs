using DaprShop.Tests.Simulation.Platform;
using Microsoft.Extensions.DependencyInjection;

namespace DaprShop.Tests.Simulation.Bugs;

/// <summary>What becomes of a request on its way: another one, or an answer by somebody else.</summary>
internal sealed record Detour(Request? Request = null, Response? Answer = null);

/// <summary>
/// A mistake that the product could have made, planted around it: in the platform it stands on, or in what its parts are handed. The checker
/// has to notice. This one is none at all.
/// </summary>
internal class PlantedBug
{
    public static PlantedBug None { get; } = new();

    public string Name { get; init; } = "none";

    /// <summary>True: a swap of this key is not compared.</summary>
    public virtual bool IgnoresEtag(string key) => false;

    /// <returns>What is written; null: it is acknowledged and not written.</returns>
    public virtual byte[]? OnWrite(string key, byte[] value) => value;

    /// <summary>As <see cref="OnWrite"/>, of a swap.</summary>
    /// <param name="before">What stands there; null: nothing.</param>
    public virtual byte[]? OnSwap(string key, byte[] value, byte[]? before) => value;

    /// <returns>Null: the request goes on as it is.</returns>
    public virtual Detour? OnRequest(string to, Request request) => null;

    /// <returns>Null: as many as the broker wants.</returns>
    public virtual int? CopiesOf(string eventType, string app) => null;

    /// <summary>True: it is acknowledged and never runs.</summary>
    public virtual bool DropsWorkflow(string name) => false;

    /// <returns>JSON of a result; null: the activity runs.</returns>
    public virtual string? InsteadOfActivity(string name, string input) => null;

    /// <summary>Changes what a service is made of.</summary>
    public virtual void Rebuild(string app, IServiceCollection services)
    {
    }
}
