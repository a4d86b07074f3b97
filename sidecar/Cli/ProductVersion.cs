using System.Reflection;
using System.Runtime.InteropServices;

namespace Sidecar.Cli;

/// <summary>How this executable names itself.</summary>
internal static class ProductVersion
{
    // The part after + is the commit, which SourceLink adds; people compare versions without it.
    public static string Number { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    public static string Line => $"sidecar {Number}, Dapr API {Host.RuntimeVersion.Dapr}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}";
}
