using System.Diagnostics;

namespace DaprShop.TestKit.Shop;

/// <summary>
/// The TypeScript of the loyalty service, compiled as <c>run -f dapr.polyglot.yaml</c> does it, once in a test process. A machine without Node and
/// npm fails here, with the build's own words.
/// </summary>
public static class LoyaltyBuild
{
    private static readonly Lazy<Task> Built = new(RunAsync);

    public static Task Done => Built.Value;

    private static async Task RunAsync()
    {
        // Not the whole project: the services are built already, and others may be running them.
        using var build = Process.Start(new ProcessStartInfo(
            "dotnet", ["msbuild", Path.Combine(Checkout.Root, "services", "loyalty", "build.proj"), "-t:Packages;Compile", "-nologo", "-v:minimal", "-nodeReuse:false"])
        {
            RedirectStandardOutput = true,
        })!;
        var output = await build.StandardOutput.ReadToEndAsync();
        await build.WaitForExitAsync();
        if (build.ExitCode != 0)
        {
            throw new InvalidOperationException($"The loyalty service could not be built.\n{output}");
        }
    }
}
