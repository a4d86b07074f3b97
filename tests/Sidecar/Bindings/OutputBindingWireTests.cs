using System.Text;
using DaprShop.Tests.Wire;
using Sidecar.Components;
using Sidecar.Components.Bindings;

namespace DaprShop.Tests.Bindings;

/// <summary>POST /v1.0/bindings/{name}: what reaches the binding, and what its caller gets.</summary>
public sealed class OutputBindingWireTests : IAsyncLifetime
{
    private readonly FakeOutput _binding = new();
    private RunningSidecar _sidecar = null!;

    public async Task InitializeAsync() => _sidecar = await RunningSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("mail", "bindings.fake")],
        Drivers = new Dictionary<string, Func<IComponent>> { ["bindings.fake"] = () => _binding },
    });

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Theory]
    [InlineData("POST", """{"operation":"create","data":{"a": [1, 2.50]},"metadata":{"path":"x","名":"é"}}""", """create {"a": [1, 2.50]} path=x, 名=é""")]
    [InlineData("PUT", """{"data":"a text","operation":"get"}""", """get "a text" """)]
    [InlineData("POST", """{"operation":"get","other":{"data":1}}""", "get  ")]
    [InlineData("POST", """{"operation":"get","data":null,"metadata":null}""", "get null ")]
    public async Task Invoke_WhatIsGiven_ReachesTheBindingAsItWas(string verb, string body, string expected)
    {
        var answer = await _sidecar.Http.SendTextAsync(verb, "/v1.0/bindings/mail", body);

        Assert.Equal("204", answer);
        Assert.Equal(expected, Assert.Single(_binding.Invocations));
    }

    [Fact]
    public async Task Invoke_WithAReply_AnswersItsBytesAndMetadataAsHeaders()
    {
        _binding.Reply = new BindingReply(Encoding.UTF8.GetBytes("not JSON"), new Dictionary<string, string> { ["statusCode"] = "201" });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1.0/bindings/mail") { Content = new StringContent("""{"operation":"create"}""") };

        using var answer = await _sidecar.Http.SendAsync(request);

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal("not JSON", await answer.Content.ReadAsStringAsync());
        Assert.Equal("201", Assert.Single(answer.Headers.GetValues("metadata.statusCode")));
    }

    [Theory]
    [InlineData("nowhere", """{"operation":"create"}""", "error invoking output binding nowhere: couldn't find output binding nowhere")]
    [InlineData("mail", "{}", "error invoking output binding mail: operation field is missing from request")]
    [InlineData("mail", """{"operation":"Create"}""", "error invoking output binding mail: binding mail does not support operation Create. supported operations:create get")]
    public async Task Invoke_WhatCannotBe_Is500WithTheReason(string name, string body, string message)
    {
        var answer = await _sidecar.Http.SendTextAsync("POST", $"/v1.0/bindings/{name}", body);

        Assert.Equal($$"""500 {"errorCode":"ERR_INVOKE_OUTPUT_BINDING","message":"{{message}}"}""", answer);
        Assert.Empty(_binding.Invocations);
    }

    [Fact]
    public async Task Invoke_TheBindingFails_Is500WithItsReason()
    {
        _binding.Fault = new ComponentException(ComponentFault.Failed, "the server is full");

        var answer = await _sidecar.Http.SendTextAsync("POST", "/v1.0/bindings/mail", """{"operation":"create"}""");

        Assert.Equal("""500 {"errorCode":"ERR_INVOKE_OUTPUT_BINDING","message":"error invoking output binding mail: the server is full"}""", answer);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"operation":5}""")]
    [InlineData("""{"operation":"create","metadata":[]}""")]
    [InlineData("""{"operation":"create","metadata":{"a":1}}""")]
    [InlineData("""{"operation":"create"} and more""")]
    public async Task Body_Malformed_Is400(string body)
    {
        var answer = await _sidecar.Http.SendTextAsync("POST", "/v1.0/bindings/mail", body);

        Assert.StartsWith("""400 {"errorCode":"ERR_MALFORMED_REQUEST","message":"failed deserializing HTTP body: """, answer, StringComparison.Ordinal);
        Assert.Empty(_binding.Invocations);
    }
}
