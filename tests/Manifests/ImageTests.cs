using System.Diagnostics;
using DaprShop.Tests.Manifests.Containers;
using DaprShop.Tests.Manifests.Rendering;

namespace DaprShop.Tests.Manifests;

/// <summary>The images as k8s/README.md has them built, on an empty base: no registry of the world is asked, and no container engine.</summary>
public sealed class ImageTests
{
    [Theory]
    [InlineData("gateway", "DaprShop.Gateway.dll", "appsettings.json")]
    [InlineData("order", "DaprShop.Order.dll", "appsettings.json")]
    [InlineData("provider", "DaprShop.Provider.dll", "DaprShop.Provider.runtimeconfig.json")]
    public async Task Image_OfAService_RunsItAsTheUserOfTheDeployment(string app, string program, string file)
    {
        var image = await PublishAsync(app);

        Assert.Equal($"registry.example/daprshop/{app}:1.0.0", image.Tag);
        Assert.Equal(DeploymentUser(), image.Run.GetProperty("User").GetString());
        Assert.Equal("/app/", image.Run.GetProperty("WorkingDir").GetString());
        Assert.Equal(["dotnet", $"/app/{program}"], image.Run.GetProperty("Entrypoint").EnumerateArray().Select(word => word.GetString()));
        Assert.Contains($"/app/{program}", image.Files.Keys);
        Assert.Contains($"/app/{file}", image.Files.Keys);
        Assert.Equal([], image.Files.Keys.Where(path => !path.StartsWith("/app/", StringComparison.Ordinal)));
        Assert.Equal([], image.Files.Where(one => one.Value.HasFlag(UnixFileMode.OtherWrite)).Select(one => one.Key));
        Assert.Equal([], image.Files.Keys.Where(IsSecretOrLocal));
    }

    private static bool IsSecretOrLocal(string path) =>
        path.Contains("/.dapr/", StringComparison.Ordinal) || path.EndsWith(".pem", StringComparison.Ordinal) || path.EndsWith(".key", StringComparison.Ordinal);

    private static string DeploymentUser() =>
        Overlays.Render("prod-redis").First(resource => resource.Kind == "Deployment").Root["spec"]!["template"]!["spec"]!["securityContext"]!["runAsUser"]!.ToString();

    private static async Task<ImageArchive> PublishAsync(string app)
    {
        await using var registry = await BaseRegistry.StartAsync();
        var folder = Directory.CreateTempSubdirectory("daprshop-image-");
        try
        {
            var archive = Path.Combine(folder.FullName, "image.tar");
            // What this build made is published: others may be running it, and an image of a release differs in the configuration alone.
            using var publish = Process.Start(new ProcessStartInfo(
                "dotnet",
                [
                    "publish", Path.Combine(Repository.Root, "services", app), "-t:PublishContainer", "--no-build", "-c", "Debug", "-nologo", "-v:minimal", "-nodeReuse:false",
                    $"-p:ContainerBaseImage={registry.Image}", $"-p:ContainerArchiveOutputPath={archive}",
                    $"-p:ContainerRepository=registry.example/daprshop/{app}", "-p:ContainerImageTag=1.0.0",
                ])
            {
                RedirectStandardOutput = true,
            })!;
            var output = await publish.StandardOutput.ReadToEndAsync();
            await publish.WaitForExitAsync();
            Assert.True(publish.ExitCode == 0, output);
            return ImageArchive.Read(archive);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
