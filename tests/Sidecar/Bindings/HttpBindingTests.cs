using System.Text;
using DaprShop.Tests.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Components;
using Sidecar.Components.Bindings;
using Sidecar.Tracing;

namespace DaprShop.Tests.Bindings;

public sealed class HttpBindingTests : IAsyncLifetime
{
    private readonly SharedClients _shared = new();
    private FakeApp _server = null!;

    public async Task InitializeAsync() => _server = await FakeApp.StartAsync(_ => new AppAnswer(201, """{"made":true}""") { Header = ("X-Made", "yes") });

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _shared.DisposeAsync();
    }

    [Theory]
    [InlineData("create", "POST", "{}")]
    [InlineData("put", "PUT", "{}")]
    [InlineData("patch", "PATCH", "{}")]
    [InlineData("get", "GET", "")]
    [InlineData("delete", "DELETE", "")]
    [InlineData("options", "OPTIONS", "")]
    public async Task Operation_IsTheMethod_AndOnlySomeCarryTheData(string operation, string method, string body)
    {
        await using var binding = Create();

        await InvokeAsync(binding, operation, "{}");

        var request = Assert.Single(_server.Requests);
        Assert.Equal((method, "/base", body), (request.Method, request.Target, request.Text));
        Assert.Equal(body.Length == 0 ? null : "application/json; charset=utf-8", request.Headers.GetValueOrDefault("Content-Type"));
    }

    [Fact]
    public async Task Metadata_GivesPathAndHeaders_AndTheTokenIsSent()
    {
        await using var binding = Create(("securityToken", "s3cret"), ("securityTokenHeader", "X-Token"));

        await InvokeAsync(binding, "post", "plain", ("path", "/more?x=1"), ("Content-Type", "text/plain"), ("Accept", "text/html"), ("lower", "no header"));

        var request = Assert.Single(_server.Requests);
        Assert.Equal("/base/more?x=1", request.Target);
        Assert.Equal(("text/plain", "text/html", "s3cret"), (request.Headers["Content-Type"], request.Headers["Accept"], request.Headers["X-Token"]));
        Assert.DoesNotContain("lower", request.Headers.Keys);
    }

    [Fact]
    public async Task Trace_OfTheCaller_GoesOn()
    {
        await using var binding = Create();
        var trace = new TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a=b", "");

        await binding.InvokeAsync(new BindingInvocation("get", default, new Dictionary<string, string>()) { Trace = trace }, CancellationToken.None);

        var headers = Assert.Single(_server.Requests).Headers;
        Assert.Equal((trace.Traceparent, "a=b"), (headers["traceparent"], headers["tracestate"]));
    }

    [Fact]
    public async Task Answer_IsGivenBackWithStatusAndHeaders()
    {
        await using var binding = Create();

        var reply = await InvokeAsync(binding, "get");

        Assert.Equal("""{"made":true}""", Encoding.UTF8.GetString(reply!.Data.Span));
        Assert.Equal(("201", "201 Created", "yes"), (reply.Metadata["statusCode"], reply.Metadata["status"], reply.Metadata["X-Made"]));
    }

    [Fact]
    public async Task Answer_LongerThanTheLimit_IsCutOffThere()
    {
        await using var binding = Create(("maxResponseBodySize", "5"));

        Assert.Equal("""{"mad""", Encoding.UTF8.GetString((await InvokeAsync(binding, "get"))!.Data.Span));
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("false", null, false)]
    [InlineData("false", "true", true)]
    [InlineData(null, "false", false)]
    public async Task Answer_OtherThan2xx_IsAnErrorUnlessSaidOtherwise(string? ofComponent, string? ofInvocation, bool fails)
    {
        _server.Answer = _ => new AppAnswer(404, "nothing here");
        await using var binding = ofComponent is null ? Create() : Create(("errorIfNot2XX", ofComponent));
        (string, string)[] metadata = ofInvocation is null ? [] : [("errorIfNot2XX", ofInvocation)];

        BindingReply? reply = null;
        var failure = await Record.ExceptionAsync(async () => reply = await InvokeAsync(binding, "get", "", metadata));

        Assert.Equal(fails ? "received status code 404" : null, failure?.Message);
        Assert.Equal(fails ? null : "404", reply?.Metadata["statusCode"]);
    }

    [Fact]
    public async Task Server_ThatDoesNotAnswerInTime_IsAFault()
    {
        using var end = new CancellationTokenSource();
        _server.Hold = async _ => await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, end.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        await using var binding = Create(("responseTimeout", "100ms"));

        var fault = await Assert.ThrowsAsync<ComponentException>(() => InvokeAsync(binding, "get"));

        Assert.Equal($"GET http://127.0.0.1:{_server.Port}/base: no answer within responseTimeout (0.1 s)", fault.Message);
        await end.CancelAsync();
    }

    [Fact]
    public async Task Server_ThatIsNotThere_IsAFault()
    {
        await using var binding = Create(("url", $"http://127.0.0.1:{FreePorts.Two().Item1}"));

        var fault = await Assert.ThrowsAsync<ComponentException>(() => InvokeAsync(binding, "get"));

        Assert.Contains("Connection refused", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Metadata_WithMistakes_NamesThemAll()
    {
        var errors = new List<string>();

        Assert.Null(Create(errors, ("url", "ftp://x"), ("responseTimeout", "soon"), ("maxResponseBodySize", "big"), ("securityToken", "t"), ("MTLSClientCert", "/nowhere.pem"), ("MTLSRootCA", "-----BEGIN nonsense")));

        Assert.Equal(
            ["url", "responseTimeout", "maxResponseBodySize", "securityTokenHeader", "MTLSRootCA", "MTLSClientCert"],
            errors.Select(error => error.Split(':')[0].Replace("spec.metadata.", "", StringComparison.Ordinal)));
    }

    private static Task<BindingReply?> InvokeAsync(IOutputBinding binding, string operation, string data = "", params (string, string)[] metadata) =>
        binding.InvokeAsync(new BindingInvocation(operation, Encoding.UTF8.GetBytes(data), metadata.ToDictionary()), CancellationToken.None);

    private IOutputBinding Create(params (string Name, string Value)[] metadata)
    {
        var errors = new List<string>();
        var binding = Create(errors, [("url", $"http://127.0.0.1:{_server.Port}/base"), .. metadata]);
        Assert.Empty(errors);
        return binding!;
    }

    private IOutputBinding? Create(List<string> errors, params (string Name, string Value)[] metadata)
    {
        var members = metadata.GroupBy(item => item.Name).ToDictionary(group => group.Key, group => group.Last().Value);
        var spec = new ComponentSpec("out", "bindings.http", "v1", members, false, TimeSpan.FromSeconds(5), "test.yaml");
        var context = new ComponentContext("app", ".", [], TimeProvider.System, NullLoggerFactory.Instance, _shared);
        return (IOutputBinding?)ComponentCatalog.Find("bindings.http")!(spec, context, errors);
    }
}
