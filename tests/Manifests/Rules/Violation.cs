using DaprShop.Tests.Manifests.Rendering;

namespace DaprShop.Tests.Manifests.Rules;

/// <param name="Rule">Its name, such as <c>probes</c>.</param>
internal sealed record Violation(string Rule, string Where, string What)
{
    public static Violation Of(string rule, Resource where, string what) => new(rule, where.ToString(), what);

    public override string ToString() => $"[{Rule}] {Where}: {What}";
}
