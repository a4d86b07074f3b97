using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Dapr.Client;

#pragma warning disable CS0618 // The obsolete invocation members are part of the surface and stay tested.

namespace DaprShop.Tests.Client;

public sealed class InvocationTests
{
    private sealed record Item(string Name, int Count);

    [Fact]
    public async Task InvokeHttpClient_RelativeUri_GoesToTheAppThroughTheSidecar()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(409, """{"name":"pen","count":3}""");
        using var http = DaprClient.CreateInvokeHttpClient("inventory", sidecar.Endpoint, "secret");
        using var request = new HttpRequestMessage(HttpMethod.Put, "/stock/a%2Fb?x=1&y=a%20b") { Content = JsonContent.Create(new Item("pen", 3)) };

        using var response = await http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Equal("PUT /v1.0/invoke/inventory/method/stock/a%2Fb?x=1&y=a%20b", sidecar.Request.Line);
        Assert.Equal("""{"name":"pen","count":3}""", sidecar.Request.Body);
        Assert.Equal("secret", sidecar.Request.Header("dapr-api-token"));
        Assert.Equal("http://inventory/stock/a%2Fb?x=1&y=a%20b", request.RequestUri!.AbsoluteUri);
        Assert.False(request.Headers.Contains("dapr-api-token"));
    }

    [Fact]
    public async Task InvokeHttpClient_AppIdWithCapitals_KeepsThemForTheDefaultAppOnly()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var http = DaprClient.CreateInvokeHttpClient("Inventory", sidecar.Endpoint);

        await http.GetAsync(new Uri("/a", UriKind.Relative));
        await http.GetAsync(new Uri("http://Other/b"));

        Assert.Equal(["GET /v1.0/invoke/Inventory/method/a", "GET /v1.0/invoke/other/method/b"], sidecar.Requests.Select(request => request.Line));
    }

    [Fact]
    public void InvokeHttpClient_AppIdIsNoHostName_IsRefused() =>
        Assert.Throws<ArgumentException>(() => DaprClient.CreateInvokeHttpClient("not a host"));

    [Fact]
    public void Handler_EndpointIsNotHttp_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new InvocationHandler { DaprEndpoint = "ftp://localhost" });

    [Fact]
    public async Task CreateRequest_Defaults_ArePostWithoutBody()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client(builder => builder.UseDaprApiToken("secret"));

        using var request = client.CreateInvokeMethodRequest("order", "orders/1", [new("a", "x y"), new("b", "&")]);

        Assert.Equal(HttpMethod.Post, request.Method);
        Assert.Equal($"{sidecar.Endpoint}/v1.0/invoke/order/method/orders/1?a=x%20y&b=%26", request.RequestUri!.AbsoluteUri);
        Assert.Null(request.Content);
        Assert.Equal(["secret"], request.Headers.GetValues("dapr-api-token"));
    }

    [Fact]
    public async Task Invoke_DataAndAnswer_AreJson()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(200, """{"name":"pen","count":3}""");
        using var client = sidecar.Client();

        var answer = await client.InvokeMethodAsync<Item, Item>(HttpMethod.Put, "order", "orders", new Item("ink", 1));

        Assert.Equal(new Item("pen", 3), answer);
        Assert.Equal("PUT /v1.0/invoke/order/method/orders", sidecar.Request.Line);
        Assert.Equal("""{"name":"ink","count":1}""", sidecar.Request.Body);
        Assert.Equal("chunked", sidecar.Request.Header("Transfer-Encoding"));
    }

    [Fact]
    public async Task Invoke_AppAnswersFailure_ThrowsWithTheAnswer()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(422, """{"title":"no"}""");
        using var client = sidecar.Client();

        var failure = await Assert.ThrowsAsync<InvocationException>(() => client.InvokeMethodAsync("order", "orders/1"));

        Assert.Equal(("order", "orders/1"), (failure.AppId, failure.MethodName));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, failure.Response.StatusCode);
        Assert.Equal("""{"title":"no"}""", await failure.Response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Invoke_AnswerIsNotTheType_ThrowsWithTheJsonErrorInside()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(200, "[]");
        using var client = sidecar.Client();

        var failure = await Assert.ThrowsAsync<InvocationException>(() => client.InvokeMethodAsync<Item>("order", "orders/1"));

        Assert.IsType<JsonException>(failure.InnerException);
    }

    [Fact]
    public async Task InvokeWithResponse_AnyStatus_IsReturned()
    {
        await using var sidecar = await RecordingSidecar.AnsweringAsync(503);
        using var client = sidecar.Client();

        using var response = await client.InvokeMethodWithResponseAsync(client.CreateInvokeMethodRequest(HttpMethod.Get, "order", "x"));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("GET /v1.0/invoke/order/method/x", sidecar.Request.Line);
    }

    [Fact]
    public async Task InvokeWithResponse_ForeignUri_IsRefused()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        using var client = sidecar.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://localhost:1/x");

        await Assert.ThrowsAsync<InvalidOperationException>(() => client.InvokeMethodWithResponseAsync(request));
    }

    [Fact]
    public async Task Invoke_LongerThanTheTimeout_IsCancelledWithATimeoutInside()
    {
        await using var sidecar = await RecordingSidecar.StartAsync();
        sidecar.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        using var client = sidecar.Client(builder => builder.UseTimeout(TimeSpan.FromMilliseconds(50)));

        var failure = await Assert.ThrowsAsync<TaskCanceledException>(() => client.InvokeMethodAsync("order", "x"));

        Assert.IsType<TimeoutException>(failure.InnerException);
    }
}
