using System.Diagnostics;
using DaprShop.TestKit.Shop;

namespace DaprShop.Tests.EndToEnd;

/// <summary>What the README tells a stranger to type, typed.</summary>
[Collection(SharedShop.Name)]
public sealed class ReadmeTests(ShopFixture shop)
{
    private static readonly string Readme = File.ReadAllText(Path.Combine(Checkout.Root, "README.md"));

    [Fact]
    public async Task Buying_AsTheReadmeSays_EndsConfirmedWithStockThatBalances()
    {
        var output = await RunAsync(Block("SHOP="));

        Assert.Contains("\nConfirmed\n", output, StringComparison.Ordinal);
        var stock = await shop.Operator.StockAsync("SKU-1001");
        Assert.True(stock.Balances, stock.ToString());
    }

    [Fact]
    public async Task TheDemoOfALostAnswer_EndsConfirmedWithOneCharge()
    {
        var functions = Block("SHOP=")[..Block("SHOP=").IndexOf("place tok_ok", StringComparison.Ordinal)];

        var output = await RunAsync(functions + Block("place tok_charged_no_answer"));

        Assert.Contains("\nConfirmed\n", output, StringComparison.Ordinal);
        Assert.Equal(2, output.Split("\"status\":\"succeeded\"").Length);
    }

    [Fact]
    public async Task TheSale_AsTheReadmeSays_SellsUnderItsLimit()
    {
        var functions = Block("SHOP=")[..Block("SHOP=").IndexOf("place tok_ok", StringComparison.Ordinal)];

        var output = await RunAsync(functions + Block("OPERATOR="));

        Assert.Contains("\"unitPrice\":{\"amount\":9900", output, StringComparison.Ordinal);
        Assert.Contains("urn:daprshop:problem:purchase-limit-reached", output, StringComparison.Ordinal);
        Assert.Contains("\"status\":\"Open\",\"allotted\":5,\"remaining\":3", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheDeadLetter_AsTheReadmeSays_IsFoundAndRaised()
    {
        var functions = Block("SHOP=")[..Block("SHOP=").IndexOf("place tok_ok", StringComparison.Ordinal)];
        var signIn = Block("OPERATOR=")[..Block("OPERATOR=").IndexOf("curl -s $SHOP/api/v1/sales", StringComparison.Ordinal)];

        var output = await RunAsync(functions + signIn + Block("LETTERS="));

        Assert.Contains("\"reason\":\"The OrderCancelled names no user, no order or no amount.\",\"attempts\":1,\"status\":\"Open\"", output, StringComparison.Ordinal);
        Assert.Contains("\"status\":\"Replayed\"", output, StringComparison.Ordinal);
        Assert.Contains("\"orderId\":\"readme-order\",\"title\":\"Order cancelled\"", output, StringComparison.Ordinal);
    }

    [Fact]
    public void TheStartCommand_IsTheLaunchersOwn()
    {
        Assert.Contains("dotnet run --project sidecar -- run -f dapr.yaml", Block("git clone"), StringComparison.Ordinal);
    }

    /// <summary>The shell block that starts with these words, pointed at this run's ports.</summary>
    private string Block(string start)
    {
        var from = Readme.IndexOf($"```sh\n{start}", StringComparison.Ordinal) + "```sh\n".Length;
        var block = Readme[from..Readme.IndexOf("```", from, StringComparison.Ordinal)];
        return block
            .Replace("http://localhost:8080", shop.Gateway, StringComparison.Ordinal)
            .Replace("http://localhost:3502", shop.Shop.Sidecar("order"), StringComparison.Ordinal)
            .Replace("http://localhost:8090", shop.Shop.Provider, StringComparison.Ordinal);
    }

    private static async Task<string> RunAsync(string script)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        using var shell = Process.Start(new ProcessStartInfo("sh")
        {
            ArgumentList = { "-c", script },
            RedirectStandardOutput = true,
        })!;
        var output = await shell.StandardOutput.ReadToEndAsync(deadline.Token);
        await shell.WaitForExitAsync(deadline.Token);
        Assert.Equal(0, shell.ExitCode);
        return output;
    }
}
