using System.ComponentModel.DataAnnotations;

namespace DaprShop.Gateway.Authentication;

/// <summary>Settings under <c>Authentication:</c>. Without a JWKS address the gateway issues and checks its own tokens.</summary>
internal sealed class TokenOptions : IValidatableObject
{
    [Required]
    public string Issuer { get; set; } = "daprshop";

    [Required]
    public string Audience { get; set; } = "daprshop";

    /// <summary>Where the external issuer publishes its keys; setting it turns to RS256 and ES256 tokens of that issuer.</summary>
    [Url]
    public string? JwksUri { get; set; }

    /// <summary>The claim that names the role; <c>operator</c> in it makes an operator.</summary>
    [Required]
    public string RoleClaim { get; set; } = "role";

    /// <summary>Serves <c>POST /api/v1/tokens</c>. Off with an external issuer.</summary>
    public bool DevelopmentSignIn { get; set; } = true;

    [Required]
    public string DevelopmentPassword { get; set; } = "demo";

    public bool IsExternal => JwksUri is not null;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (IsExternal && Issuer == "daprshop")
        {
            yield return new ValidationResult("Authentication:JwksUri needs Authentication:Issuer and Authentication:Audience of that issuer.");
        }
    }
}
