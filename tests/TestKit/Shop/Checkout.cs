namespace DaprShop.TestKit.Shop;

/// <summary>Where the repository and its build output lie, seen from a test's output folder.</summary>
public static class Checkout
{
#if DEBUG
    public const string Configuration = "debug";
#else
    public const string Configuration = "release";
#endif

    public static string Root { get; } = Find();

    /// <summary>Of the configuration that the caller was built in.</summary>
    public static string Launcher => Path.Combine(Root, "artifacts", "bin", "sidecar", Configuration, "sidecar.dll");

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DaprShop.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No DaprShop.sln above {AppContext.BaseDirectory}.");
    }
}
