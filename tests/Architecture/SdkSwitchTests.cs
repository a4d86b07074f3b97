using System.Diagnostics;
using System.Text.Json;

namespace DaprShop.Tests;

/// <summary>
/// With <c>-p:DaprSdk=official</c> every service takes the official packages and nothing of sdk/. MSBuild itself is asked what it would
/// reference; nothing is restored, since a feed may lack the packages.
/// </summary>
public sealed class SdkSwitchTests
{
    private const string Contracts = "services/contracts/contracts.csproj";

    private static readonly string[] Official =
        ["Dapr.Actors.AspNetCore", "Dapr.AspNetCore", "Dapr.Client", "Dapr.Workflow", "Serilog.AspNetCore"];

    [Fact]
    public async Task EveryService_SwitchedToTheOfficialSdk_ReferencesExactlyItsPackages()
    {
        var projects = Repository.Files("services", ".csproj").Where(project => project != Contracts).ToList();
        var evaluations = new List<(string Project, Evaluation Items)>();

        // Two at a time: an evaluation is a process that keeps a core busy for a second or two.
        await Parallel.ForEachAsync(projects, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (project, stop) =>
        {
            var items = await EvaluateAsync(project, stop);
            lock (evaluations)
            {
                evaluations.Add((project, items));
            }
        });

        Assert.Equal(projects, evaluations.Select(evaluation => evaluation.Project).Order(StringComparer.Ordinal));
        Assert.All(evaluations, evaluation =>
        {
            Assert.Equal(Official, evaluation.Items.Packages.Where(IsOfTheFamilies).Order(StringComparer.Ordinal));
            Assert.DoesNotContain(evaluation.Items.Projects, path => path.StartsWith("sdk/", StringComparison.Ordinal));
        });
    }

    [Fact]
    public void EveryService_ImportsTheSwitch_ExceptContracts()
    {
        var without = Repository.Files("services", ".csproj")
            .Where(project => !Repository.Read(project).Contains("<Import Project=\"../../sdk/Sdk.props\" />", StringComparison.Ordinal));

        Assert.Equal([Contracts], without);
    }

    private static bool IsOfTheFamilies(string package) =>
        package.StartsWith("Dapr", StringComparison.Ordinal) || package.StartsWith("Serilog", StringComparison.Ordinal);

    private static async Task<Evaluation> EvaluateAsync(string project, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
            ArgumentList = { "msbuild", project, "-nologo", "-getItem:PackageReference", "-getItem:ProjectReference", "-p:DaprSdk=official" },
        };

        // The test host's own MSBuild settings must not reach this one.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        Assert.True(process.ExitCode == 0, $"{project}: {output}{await error}");

        using var document = JsonDocument.Parse(output);
        var items = document.RootElement.GetProperty("Items");
        return new Evaluation(
            [.. items.GetProperty("PackageReference").EnumerateArray().Select(item => item.GetProperty("Identity").GetString()!)],
            [.. items.GetProperty("ProjectReference").EnumerateArray().Select(item => Path.GetRelativePath(Repository.Root, item.GetProperty("FullPath").GetString()!).Replace('\\', '/'))]);
    }

    private sealed record Evaluation(string[] Packages, string[] Projects);
}
