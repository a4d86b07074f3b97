using DaprShop.ServiceDefaults.Http;
using Microsoft.Extensions.Configuration;

namespace DaprShop.Tests.ServiceDefaults;

public sealed class SidecarHttpTests
{
    private static readonly IConfiguration Configuration = new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?> { ["DAPR_HTTP_PORT"] = "3507", ["DAPR_API_TOKEN"] = "the-token" })
        .Build();

    [Theory]
    [InlineData("http://localhost:3507/v1.0/invoke/payment-provider/method/", "the-token")]
    [InlineData("http://localhost:3508/", null)]
    [InlineData("https://api.payment-provider.example/", null)]
    public void Authorize_GivesTheToken_ToCallsOfTheSidecarOnly(string address, string? expected)
    {
        using var http = new HttpClient { BaseAddress = new Uri(address) };

        SidecarHttp.Authorize(http, Configuration);

        Assert.Equal(expected, http.DefaultRequestHeaders.TryGetValues("dapr-api-token", out var values) ? Assert.Single(values) : null);
    }
}
