using System.Text.Json;
using Dapr.Common;
using Dapr.Common.Serialization;
using Dapr.Workflow.Client;
using Dapr.Workflow.Grpc;
using Microsoft.Extensions.Configuration;

namespace Dapr.Workflow.Registration;

/// <summary>Makes a <see cref="DaprWorkflowClient"/> with a connection of its own.</summary>
public sealed class DaprWorkflowClientBuilder(IConfiguration? configuration = null)
    : DaprGenericClientBuilder<DaprWorkflowClient>(configuration)
{
    private IDaprSerializer? _serializer;

    /// <summary>Reads and writes payloads with this serializer.</summary>
    public DaprWorkflowClientBuilder UseSerializer(IDaprSerializer serializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        _serializer = serializer;
        return this;
    }

    /// <summary>Reads and writes payloads as JSON with these settings.</summary>
    public DaprWorkflowClientBuilder UseJsonSerializer(JsonSerializerOptions jsonOptions) => UseSerializer(new JsonDaprSerializer(jsonOptions));

    /// <inheritdoc />
    public override DaprWorkflowClient Build()
    {
        var settings = new GrpcChannelSettings(new Uri(GrpcEndpoint)) { ApiToken = DaprApiToken };
        return new DaprWorkflowClient(
            new GrpcChannel(settings, TimeProvider.System),
            ownsChannel: true,
            _serializer ?? new JsonDaprSerializer(JsonSerializerOptions),
            TimeProvider.System,
            InstanceIds.Random);
    }
}
