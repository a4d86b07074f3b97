using DaprShop.Tests.Manifests.Rendering;
using DaprShop.Tests.Manifests.Rules;
using Xunit.Abstractions;

namespace DaprShop.Tests.Manifests.Faults;

/// <summary>The rules themselves are tested: each planted fault is reported, by the rule that is there for it.</summary>
public sealed class FaultTests(ITestOutputHelper output)
{
    private static readonly IReadOnlyList<Fault> Rendered = Fault.Load("faults.yaml");
    private static readonly IReadOnlyList<Fault> Written = Fault.Load("sources.yaml");

    public static TheoryData<string> RenderedNames => [.. Rendered.Select(fault => fault.Name)];

    public static TheoryData<string> WrittenNames => [.. Written.Select(fault => fault.Name)];

    [Theory]
    [MemberData(nameof(RenderedNames))]
    public void Fault_InWhatWasRendered_IsReportedByItsRule(string name)
    {
        var fault = Rendered.Single(one => one.Name == name);
        var resources = Overlays.Render(fault.Overlay);
        fault.PlantIn(resources);

        AssertReported(fault, AllRules.Check(new Cluster(fault.Overlay, resources)));
    }

    [Theory]
    [MemberData(nameof(WrittenNames))]
    public void Fault_InAFile_IsReportedByItsRule(string name)
    {
        var fault = Written.Single(one => one.Name == name);
        var renderer = new Renderer(fault.PlantInFiles());
        if (fault.Rule == "render")
        {
            Assert.ThrowsAny<Exception>(() => renderer.Render(Overlays.Folder(fault.Overlay)));
        }
        else
        {
            AssertReported(fault, AllRules.Check(new Cluster(fault.Overlay, renderer.Render(Overlays.Folder(fault.Overlay)))));
        }
    }

    /// <summary>What is planted and what of it goes unnoticed, in figures that a change has to change.</summary>
    [Fact]
    public void Faults_AllTogether_AreSoManyAndSoManyGoUnnoticed()
    {
        var all = Rendered.Concat(Written).ToList();
        var unnoticed = all.Where(fault => fault.Rule == "none").ToList();
        output.WriteLine($"{all.Count - unnoticed.Count} of {all.Count} planted faults are reported.");

        Assert.Equal(all.Count, all.Select(fault => fault.Name).Distinct().Count());
        Assert.Equal((210, 3), (all.Count, unnoticed.Count));
    }

    private static void AssertReported(Fault fault, IReadOnlyList<Violation> violations)
    {
        if (fault.Rule == "none")
        {
            Assert.Empty(violations);
        }
        else
        {
            Assert.Contains(fault.Rule, violations.Select(violation => violation.Rule));
        }
    }
}
