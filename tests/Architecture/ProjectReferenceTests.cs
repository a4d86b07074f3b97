using System.Xml.Linq;

namespace DaprShop.Tests;

/// <summary>Who may depend on whom.</summary>
public sealed class ProjectReferenceTests
{
    private const string Sdk = "sdk/Sdk.props";

    // A service may also reference these, and the SDK by its props file. Nothing references a service.
    private static readonly string[] SharedByServices = ["services/contracts/contracts.csproj", "services/service-defaults/service-defaults.csproj"];

    private static readonly Dictionary<string, string[]> SdkArrows = new()
    {
        ["sdk/Dapr.Common/Dapr.Common.csproj"] = [],
        ["sdk/Dapr.Client/Dapr.Client.csproj"] = ["sdk/Dapr.Common/Dapr.Common.csproj"],
        ["sdk/Dapr.AspNetCore/Dapr.AspNetCore.csproj"] = ["sdk/Dapr.Common/Dapr.Common.csproj", "sdk/Dapr.Client/Dapr.Client.csproj"],
        ["sdk/Dapr.Actors/Dapr.Actors.csproj"] = ["sdk/Dapr.Common/Dapr.Common.csproj"],
        ["sdk/Dapr.Actors.AspNetCore/Dapr.Actors.AspNetCore.csproj"] = ["sdk/Dapr.Actors/Dapr.Actors.csproj"],
        ["sdk/Dapr.Workflow/Dapr.Workflow.csproj"] = ["sdk/Dapr.Common/Dapr.Common.csproj"],
    };

    [Fact]
    public void Services_ReferenceOnly_WhatServicesShare()
    {
        foreach (var project in Repository.Files("services", ".csproj"))
        {
            Assert.Empty(References(project).Except([.. SharedByServices, Sdk]));
        }
    }

    [Fact]
    public void Contracts_Reference_Nothing()
    {
        Assert.Empty(References("services/contracts/contracts.csproj"));
        Assert.Empty(Packages("services/contracts/contracts.csproj"));
    }

    [Fact]
    public void ServiceDefaults_Reference_SdkAndContractsOnly() =>
        Assert.Empty(References("services/service-defaults/service-defaults.csproj").Except([Sdk, "services/contracts/contracts.csproj"]));

    [Fact]
    public void Services_NameNoSdkPackage_Themselves()
    {
        foreach (var project in Repository.Files("services", ".csproj"))
        {
            Assert.DoesNotContain(Packages(project), package => package.StartsWith("Dapr", StringComparison.Ordinal) || package.StartsWith("Serilog", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Sidecar_References_NothingHere() =>
        Assert.DoesNotContain(References("sidecar/sidecar.csproj"), path => !path.StartsWith("sidecar/", StringComparison.Ordinal));

    [Fact]
    public void Sdk_References_OnlyItsLowerParts()
    {
        var projects = Repository.Files("sdk", ".csproj");

        Assert.Equal(SdkArrows.Keys.Order(StringComparer.Ordinal), projects);
        foreach (var project in projects)
        {
            Assert.Empty(References(project).Except(SdkArrows[project]));
        }
    }

    [Fact]
    public void Product_ReferencesNo_Tests()
    {
        var projects = new[] { "services", "sdk", "sidecar" }.SelectMany(folder => Repository.Files(folder, ".csproj"));

        Assert.DoesNotContain(projects.SelectMany(References), reference => reference.StartsWith("tests/", StringComparison.Ordinal));
    }

    [Fact]
    public void Solution_Names_EveryProject()
    {
        var solution = Repository.Read("DaprShop.sln").Replace('\\', '/');

        var projects = new[] { "services", "sdk", "sidecar", "tests" }.SelectMany(folder => Repository.Files(folder, ".csproj"));

        Assert.DoesNotContain(projects, project => !solution.Contains(project, StringComparison.Ordinal));
    }

    /// <summary>What a project names by reference or import, relative to the root.</summary>
    private static List<string> References(string project)
    {
        var folder = Path.GetDirectoryName(Repository.PathTo(project))!;
        var document = XDocument.Parse(Repository.Read(project));
        var references = document.Descendants("ProjectReference").Select(element => element.Attribute("Include")!.Value);
        var imports = document.Descendants("Import").Select(element => element.Attribute("Project")!.Value);
        return [.. references.Concat(imports).Select(path => Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(folder, path))).Replace('\\', '/'))];
    }

    private static IEnumerable<string> Packages(string project) =>
        XDocument.Parse(Repository.Read(project)).Descendants("PackageReference").Select(element => element.Attribute("Include")!.Value);
}
