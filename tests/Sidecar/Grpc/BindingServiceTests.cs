using DaprShop.Tests.Bindings;
using DaprShop.Tests.Wire;
using Google.Protobuf;
using Sidecar.Components;
using Sidecar.Components.Bindings;
using Sidecar.Grpc.DaprApi;

namespace DaprShop.Tests.Grpc;

public sealed class BindingServiceTests : IAsyncLifetime
{
    private readonly FakeOutput _binding = new();
    private GrpcSidecar _sidecar = null!;

    public async Task InitializeAsync() => _sidecar = await GrpcSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("mail", "bindings.fake")],
        Drivers = new Dictionary<string, Func<IComponent>> { ["bindings.fake"] = () => _binding },
    });

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Fact]
    public async Task Invoke_WhatIsGiven_ReachesTheBindingAndItsReplyTheCaller()
    {
        _binding.Reply = new BindingReply(new byte[] { 1, 0, 255 }, new Dictionary<string, string> { ["statusCode"] = "201" });

        var reply = await _sidecar.CallAsync("InvokeBinding", Request("mail", "create", "not JSON", ("path", "x")), InvokeBindingResponse.Parser);

        Assert.Equal("create not JSON path=x", Assert.Single(_binding.Invocations));
        Assert.Equal((byte[])[1, 0, 255], reply.Data.ToByteArray());
        Assert.Equal("201", Assert.Single(reply.Metadata).Value);
    }

    [Fact]
    public async Task Invoke_WithoutAReply_IsAnEmptyAnswer() => Assert.Equal(
        new InvokeBindingResponse(), await _sidecar.CallAsync("InvokeBinding", Request("mail", "get", ""), InvokeBindingResponse.Parser));

    [Theory]
    [InlineData("nowhere", "create", "13 error invoking output binding nowhere: couldn't find output binding nowhere")]
    [InlineData("mail", "", "13 error invoking output binding mail: operation field is missing from request")]
    [InlineData("mail", "fly", "13 error invoking output binding mail: binding mail does not support operation fly. supported operations:create get")]
    public async Task Invoke_WhatCannotBe_IsInternalWithTheReason(string name, string operation, string expected)
    {
        Assert.Equal(expected, await _sidecar.EndAsync("InvokeBinding", Request(name, operation, "")));
        Assert.Empty(_binding.Invocations);
    }

    [Fact]
    public async Task Invoke_TheBindingFails_IsInternalWithItsReason()
    {
        _binding.Fault = new ComponentException(ComponentFault.Failed, "the server is full");

        Assert.Equal("13 error invoking output binding mail: the server is full", await _sidecar.EndAsync("InvokeBinding", Request("mail", "create", "")));
    }

    private static InvokeBindingRequest Request(string name, string operation, string data, params (string Name, string Value)[] metadata)
    {
        var request = new InvokeBindingRequest { Name = name, Operation = operation, Data = ByteString.CopyFromUtf8(data) };
        request.Metadata.Add(metadata.ToDictionary());
        return request;
    }
}
