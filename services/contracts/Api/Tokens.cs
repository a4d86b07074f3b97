namespace DaprShop.Contracts.Api;

public sealed record SignIn(string UserName, string Password);

/// <param name="ExpiresIn">Seconds.</param>
public sealed record IssuedToken(string AccessToken, string TokenType, int ExpiresIn);
