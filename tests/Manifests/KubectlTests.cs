using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;
using DaprShop.Tests.Manifests.Rendering;
using Xunit.Abstractions;

namespace DaprShop.Tests.Manifests;

/// <summary>Our renderer and kubectl's say the same, where a kubectl is installed.</summary>
public sealed class KubectlTests(ITestOutputHelper output)
{
    public static TheoryData<string> Names => [.. Overlays.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Overlay_RenderedByKubectl_IsWhatOurRendererMakes(string name)
    {
        if (Kubectl(Overlays.Folder(name)) is not { } text)
        {
            output.WriteLine("No kubectl here: nothing was compared.");
            return;
        }

        var theirs = YamlText.Documents(text).Select(document => new Resource((JsonObject)document)).ToDictionary(resource => resource.Id);
        var ours = Overlays.Render(name).ToDictionary(resource => resource.Id);

        Assert.Equal(theirs.Keys.Order(StringComparer.Ordinal), ours.Keys.Order(StringComparer.Ordinal));
        Assert.All(ours, one => Assert.True(
            JsonNode.DeepEquals(one.Value.Root, theirs[one.Key].Root),
            $"{one.Key}:\nours   {one.Value.Root.ToJsonString()}\ntheirs {theirs[one.Key].Root.ToJsonString()}"));
    }

    /// <returns>Null: there is none.</returns>
    private static string? Kubectl(string folder)
    {
        var start = new ProcessStartInfo("kubectl", ["kustomize", Path.Combine(Repository.Root, folder)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, errors.Result);
            return text;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
