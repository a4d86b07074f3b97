using System.Globalization;
using DaprShop.TestKit.Servers;
using DaprShop.TestKit.Shop;
using DaprShop.Tests.EndToEnd.BadInput;

namespace DaprShop.Tests.EndToEnd.Canaries;

/// <summary>A shop that exports all it can say of itself and whose secrets, where the environment sets them, are canaries too.</summary>
public sealed class CanaryShop : IAsyncLifetime
{
    public const string ApiToken = $"{CanaryBook.Word}-token-of-the-sidecars";
    public const string AppToken = $"{CanaryBook.Word}-token-of-the-apps";

    public static readonly IReadOnlyList<string> Apps = ["catalog", "gateway", "inventory", "notification", "order", "payment", "provider"];

    private readonly ScriptedSmtp _mails = new();

    public OtlpReceiver Collector { get; private set; } = null!;

    public RunningShop Shop { get; private set; } = null!;

    /// <summary>How every bearer token begins, whoever it is for.</summary>
    private const string TokenStart = "eyJhbGciOi";

    /// <summary>What no record of the shop may hold: canaries in both forms, bearer tokens, and the secrets that all demo shops share.</summary>
    internal static CanaryScan Scan { get; } = new(
        CanaryBook.Word, CanaryBook.Digits, TokenStart, HandmadeToken.DemoSecret("jwt-signing-key"), HandmadeToken.DemoSecret("provider-webhook-secret"));

    public async Task InitializeAsync()
    {
        Collector = await OtlpReceiver.StartAsync();
        var env = new Dictionary<string, IReadOnlyDictionary<string, string>>(ShopFixture.ShortTimes(ShopFixture.PaymentWindow))
        {
            ["notification"] = new Dictionary<string, string> { ["Mail__Domain"] = "shop.example" },
        };
        Shop = await RunningShop.StartAsync(
            env,
            new Dictionary<string, string>(Collector.Environment) { ["DAPR_API_TOKEN"] = ApiToken, ["APP_API_TOKEN"] = AppToken },
            stack: ShopInfrastructure.Embedded,
            addresses: new Dictionary<string, string> { ["\"1025\""] = string.Create(CultureInfo.InvariantCulture, $"\"{_mails.Port}\"") });
    }

    public async Task DisposeAsync()
    {
        await Shop.DisposeAsync();
        await Collector.DisposeAsync();
        await _mails.DisposeAsync();
    }
}
