using System.Text.Json.Nodes;
using DaprShop.ServiceDefaults;
using DaprShop.ServiceDefaults.Faults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DaprShop.Tests.ServiceDefaults;

public sealed class QuickProblemTests
{
    public static TheoryData<string> Names => new("sold-out", "overloaded");

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Write_OfAProblem_ReadsLikeIt(string name)
    {
        await using var service = await StartAsync();

        var plain = await service.SendAsync(HttpMethod.Get, $"/plain/{name}");
        var quick = await service.SendAsync(HttpMethod.Get, $"/quick/{name}");

        Assert.Equal(name, await quick.ProblemAsync());
        Assert.Equal(plain.StatusCode, quick.StatusCode);
        Assert.Equal(plain.Content.Headers.ContentType, quick.Content.Headers.ContentType);
        Assert.Equal(plain.Headers.RetryAfter, quick.Headers.RetryAfter);
        Assert.Equal(await SharedAsync(plain), await SharedAsync(quick));
    }

    /// <summary>All members in their order, without what only the one request has.</summary>
    private static async Task<string> SharedAsync(HttpResponseMessage answer)
    {
        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsObject();
        (problem["instance"], problem["traceId"]) = ("", "");
        return problem.ToJsonString();
    }

    private static ProblemHttpResult Problem(string name) =>
        name == "sold-out" ? Problems.SoldOutOf("SKU-1001") : Problems.Overloaded("It's too much; \"later\" <please>.");

    private static Task<RunningService> StartAsync() => RunningService.StartAsync(builder =>
    {
        builder.AddServiceDefaults(options => (options.UseSidecar, options.RequireAppToken) = (false, false));
        var app = builder.Build();
        app.MapGet("/plain/{name}", (string name) => Problem(name));
        app.MapGet("/quick/{name}", (string name, HttpContext context) => new QuickProblem(Problem(name)).WriteAsync(context));
        return app;
    });
}
