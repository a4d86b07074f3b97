using System.Text.Json;
using Dapr;
using Dapr.Common.Serialization;
using Microsoft.Extensions.Configuration;

namespace DaprShop.Tests.Client;

public sealed class DaprDefaultsTests
{
    [Theory]
    [InlineData(null, null, "http://localhost:3500/")]
    [InlineData(null, "3601", "http://localhost:3601/")]
    [InlineData("https://dapr.example:443/base?x=1", "3601", "https://dapr.example:443/")]
    [InlineData("http://10.0.0.1:3501", null, "http://10.0.0.1:3501/")]
    [InlineData(" ", "3601", "http://localhost:3601/")]
    public void HttpEndpoint_Settings_WinInOrder(string? endpoint, string? port, string expected)
    {
        var settings = new Dictionary<string, string?> { ["DAPR_HTTP_ENDPOINT"] = endpoint, ["DAPR_HTTP_PORT"] = port };

        Assert.Equal(expected, DaprDefaults.GetDefaultHttpEndpoint(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()));
    }

    [Fact]
    public void GrpcEndpoint_Port_IsItsOwn()
    {
        var settings = new Dictionary<string, string?> { ["DAPR_GRPC_PORT"] = "50103" };

        Assert.Equal("http://localhost:50103/", DaprDefaults.GetDefaultGrpcEndpoint(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()));
    }

    [Fact]
    public void Serializer_NullAndEmpty_StandForEachOther()
    {
        var serializer = new JsonDaprSerializer(new JsonSerializerOptions(JsonSerializerDefaults.Web));

        var type = typeof(int);

        Assert.Equal("", serializer.Serialize<string?>(null));
        Assert.Equal("", serializer.Serialize((object?)null));
        Assert.Null(serializer.Deserialize<string>(""));
        Assert.Equal(0, serializer.Deserialize<int>(null));
        Assert.Null(serializer.Deserialize("", type));
        Assert.Empty(serializer.SerializeToUtf8Bytes<string?>(null));
    }

    [Fact]
    public void Serializer_Values_AreWebJson()
    {
        var serializer = new JsonDaprSerializer(new JsonSerializerOptions(JsonSerializerDefaults.Web));

        var type = typeof(object);

        var text = serializer.Serialize(new { Name = "pen", Count = 3 });

        Assert.Equal("""{"name":"pen","count":3}""", text);
        Assert.Equal(3, Assert.IsType<JsonElement>(serializer.Deserialize(text, type)).GetProperty("count").GetInt32());
        Assert.Equal(7, serializer.DeserializeFromUtf8Bytes<int>("7"u8));
    }
}
