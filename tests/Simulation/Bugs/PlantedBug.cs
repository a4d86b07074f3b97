using DaprShop.Tests.Simulation.Engine;
using DaprShop.Tests.Simulation.Platform;

namespace DaprShop.Tests.Simulation.Bugs;

/// <summary>What becomes of a request on its way.</summary>
/// <param name="Request">Goes on in place of the one that was sent.</param>
/// <param name="Answer">Is answered, and the request goes nowhere.</param>
/// <param name="Misread">What the caller takes the answer for; the request took effect.</param>
internal sealed record Detour(Request? Request = null, Response? Answer = null, Func<Response?, Response?>? Misread = null);

/// <summary>
/// A mistake that the product could have made, planted into what it stands on: what it writes, what it asks for and what it is told. The checker
/// has to notice within so many seeds. Without any hook it is none at all.
/// </summary>
internal sealed class PlantedBug
{
    /// <summary>As many runs as it takes for something to go wrong in the right place.</summary>
    public const int UsualWithin = 40;

    public static PlantedBug None { get; } = new() { Name = "none" };

    public required string Name { get; init; }

    /// <summary>Seeds, from 1 on, among which one must convict it.</summary>
    public int Within { get; init; } = UsualWithin;

    /// <summary>True: a swap of this key is not compared.</summary>
    public Func<string, bool> IgnoresEtag { get; init; } = _ => false;

    /// <summary>Gives what is written under the key in place of the bytes; null: it is acknowledged and not written.</summary>
    public Func<World, string, byte[], byte[]?> OnWrite { get; init; } = (_, _, value) => value;

    /// <summary>As <see cref="OnWrite"/>, of a swap.</summary>
    public Func<World, string, byte[], byte[]?> OnSwap { get; init; } = (_, _, value) => value;

    /// <summary>By the name that is called; null: the request goes on as it is.</summary>
    public Func<World, string, Request, Detour?> OnRequest { get; init; } = (_, _, _) => null;

    /// <summary>How often an event of this type is delivered to this app; null: as the broker wants.</summary>
    public Func<string, string, int?> CopiesOf { get; init; } = (_, _) => null;

    /// <summary>True: a workflow of this name is acknowledged and never runs.</summary>
    public Func<string, bool> DropsWorkflow { get; init; } = _ => false;

    /// <summary>JSON of what an activity of this name is said to have returned; null: it runs.</summary>
    public Func<string, string?> InsteadOfActivity { get; init; } = _ => null;

    public override string ToString() => Name;
}
