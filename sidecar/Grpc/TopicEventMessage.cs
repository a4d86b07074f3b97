using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DaprApi;
using Sidecar.PubSub.Publishing;

namespace Sidecar.Grpc;

/// <summary>A CloudEvent as the gRPC API tells it (dapr-contract.md 5.4): data as bytes, other attributes as extensions.</summary>
internal static class TopicEventMessage
{
    public static TopicEventRequest Of(JsonElement cloudEvent, string pubSub, string topic, string path)
    {
        var message = new TopicEventRequest { PubsubName = pubSub, Topic = topic, Path = path, Extensions = new Struct() };
        foreach (var attribute in cloudEvent.EnumerateObject())
        {
            switch (attribute.Name)
            {
                case CloudEventAttributes.Id:
                    message.Id = Text(attribute.Value);
                    break;
                case CloudEventAttributes.Source:
                    message.Source = Text(attribute.Value);
                    break;
                case CloudEventAttributes.Type:
                    message.Type = Text(attribute.Value);
                    break;
                case CloudEventAttributes.SpecVersion:
                    message.SpecVersion = Text(attribute.Value);
                    break;
                case CloudEventAttributes.DataContentType:
                    message.DataContentType = Text(attribute.Value);
                    break;
                case CloudEventAttributes.Data or CloudEventAttributes.DataBase64 or CloudEventAttributes.PubSubName or CloudEventAttributes.Topic:
                    break;
                default:
                    message.Extensions.Fields[attribute.Name] = ToValue(attribute.Value);
                    break;
            }
        }

        message.Data = Data(cloudEvent, message.DataContentType);
        return message;
    }

    private static ByteString Data(JsonElement cloudEvent, string contentType)
    {
        if (cloudEvent.TryGetProperty(CloudEventAttributes.DataBase64, out var encoded)
            && encoded.ValueKind == JsonValueKind.String
            && encoded.TryGetBytesFromBase64(out var bytes))
        {
            return ByteString.CopyFrom(bytes);
        }

        if (!cloudEvent.TryGetProperty(CloudEventAttributes.Data, out var data))
        {
            return ByteString.Empty;
        }

        var isPlainText = data.ValueKind == JsonValueKind.String && !MediaType.IsJson(contentType) && !MediaType.HasJsonSuffix(contentType);
        return ByteString.CopyFromUtf8(isPlainText ? data.GetString()! : data.GetRawText());
    }

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null => "",
        _ => value.GetRawText(),
    };

    private static Value ToValue(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => Value.ForString(element.GetString()!),
        JsonValueKind.Number => Value.ForNumber(element.GetDouble()),
        JsonValueKind.True => Value.ForBool(true),
        JsonValueKind.False => Value.ForBool(false),
        JsonValueKind.Array => Value.ForList([.. element.EnumerateArray().Select(ToValue)]),
        JsonValueKind.Object => Value.ForStruct(ToStruct(element)),
        _ => Value.ForNull(),
    };

    private static Struct ToStruct(JsonElement element)
    {
        var fields = new Struct();
        foreach (var member in element.EnumerateObject())
        {
            fields.Fields[member.Name] = ToValue(member.Value);
        }

        return fields;
    }
}
