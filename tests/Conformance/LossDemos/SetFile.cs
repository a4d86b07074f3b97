using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.LossDemos;

/// <summary>A file of one of our component sets as it is shipped, but for the address of the server.</summary>
internal static class SetFile
{
    public static string Read(string set, string file, string address, string replacement)
    {
        var text = File.ReadAllText(Path.Combine(Checkout.Root, "components", set, file));
        Assert.True(!file.StartsWith("pubsub", StringComparison.Ordinal) || text.Contains(address, StringComparison.Ordinal), $"{file} does not name {address}");
        return text.Replace(address, replacement, StringComparison.Ordinal);
    }
}
