using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DaprShop.Tests.AspNetCore;

public sealed class AuthenticationTests
{
    [Theory]
    [InlineData("right", "right", HttpStatusCode.OK)]
    [InlineData("right", "wrong", HttpStatusCode.Unauthorized)]
    [InlineData("right", "rightly", HttpStatusCode.Unauthorized)]
    [InlineData("right", null, HttpStatusCode.Unauthorized)]
    [InlineData("", "anything", HttpStatusCode.Unauthorized)]
    public async Task Policy_TokenShown_DecidesTheAnswer(string configured, string? shown, HttpStatusCode expected)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddAuthentication().AddDapr(options => options.Token = configured);
        builder.Services.AddAuthorization(options => options.AddDapr());
        await using var app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapGet("/x", (HttpContext context) => context.User.Identity!.AuthenticationType).RequireAuthorization("Dapr");
        await app.StartAsync();
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, app.Urls.Single() + "/x");
        if (shown is not null)
        {
            request.Headers.Add("dapr-api-token", shown);
        }

        using var response = await http.SendAsync(request);

        Assert.Equal(expected, response.StatusCode);
        Assert.Equal(expected == HttpStatusCode.OK ? "Dapr" : "", await response.Content.ReadAsStringAsync());
    }
}
