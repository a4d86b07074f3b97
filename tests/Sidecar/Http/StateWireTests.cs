using DaprShop.Tests.Wire;

namespace DaprShop.Tests.Http;

public sealed class StateWireTests
{
    [Fact]
    public async Task Save_ThenGet_AnswersTheBytesAsSent()
    {
        await using var sidecar = await RunningSidecar.StartAsync(Yaml.Component("statestore", "state.in-memory"));

        var saved = await sidecar.Http.SendTextAsync(
            "POST", "/v1.0/state/statestore", """[{"key":"k","value":{"b": 12345678901234567890.10,"a":"ä\u00e4"}},{"key":"s","value":"text"},{"key":"n"}]""");
        var value = await sidecar.Http.SendTextAsync("GET", "/v1.0/state/statestore/k");
        var text = await sidecar.Http.SendTextAsync("GET", "/v1.0/state/statestore/s");
        var absent = await sidecar.Http.SendTextAsync("GET", "/v1.0/state/statestore/n");

        Assert.Equal("204", saved);
        Assert.Equal("""200 {"b": 12345678901234567890.10,"a":"ä\u00e4"}""", value);
        Assert.Equal("200 \"text\"", text);
        Assert.Equal("200 null", absent);
    }
}
